"""The commands beside the dashboard: the same numbers, the roles, and the adoption of users from before."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_provisioning.lifecycle import adoption, roles
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Account, Event, Identity
from tests.admin.pages import superuser, url_of
from tests.dashboard.scenes import offboard, person_of, small_site
from tests.factories import make_connection, make_context
from tests.lifecycle.people import local_user, push

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run a command and give what it printed."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def run_json(*arguments: str) -> dict[str, Any]:
    """Run a command and give its answer as data."""
    answer: dict[str, Any] = json.loads(run(*arguments, "--format", "json"))
    return answer


def test_report_overview_has_the_numbers_of_the_page() -> None:
    """Command line and screen tie."""
    small_site()
    browser = superuser()

    printed = run_json("provisioning_report", "overview")
    shown = browser.get("dashboard_changelist").context["overview"]

    assert printed["accounts"] == shown.accounts == 4
    assert {one["anomaly"]: one["accounts"] for one in printed["anomalies"]} == {
        one.name: one.count for one in shown.anomalies
    }
    assert printed["coverage_percent"] == shown.overall
    assert [one["connection"] for one in printed["connections"]] == ["acme", "globex"]
    assert printed["connections"][1]["access_ends"] == str(shown.lines[1].worst_case.access_ends)
    assert "anomaly" in run("provisioning_report", "overview")


@pytest.mark.parametrize(
    ("report", "model"),
    [("accounts", "account"), ("leavers", "leave"), ("events", "event"), ("connections", "connection"),
     ("identities", "identity"), ("groups", "grouplink"), ("sessions", "sessionindex")],
)  # fmt: skip
def test_report_list_is_the_file_of_the_page(report: str, model: str) -> None:
    """The command prints byte for byte what the admin exports."""
    small_site()
    browser = superuser()

    printed = run("provisioning_report", report)

    # Each of the two leaves an event, which the list of events then holds.
    exported = browser.get(f"{model}_export", "csv").getvalue().decode()
    assert exported.startswith(printed)
    assert Event.objects.filter(type="export.created").count() == 2


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("accounts", "--where", "state=active"), 3),
        (("accounts", "--where", "connection=acme", "--where", "state=active"), 2),
        (("accounts", "--where", "anomaly=orphan"), 0),
        (("leavers", "--where", "status=open"), 0),
        (("leavers", "--where", "status=in_time"), 1),
        (("events", "--where", "type=account.deactivated"), 1),
        (("identities", "--where", "connection=globex"), 1),
    ],
)
def test_report_list_follows_its_filters(arguments: tuple[str, ...], count: int) -> None:
    """The filters are those of the pages, by short names."""
    small_site()

    rows = list(csv.DictReader(io.StringIO(run("provisioning_report", *arguments), newline="")))
    documents = run("provisioning_report", *arguments, "--format", "jsonl").splitlines()

    assert len(rows) == count
    assert len(documents) == count


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("accounts", "--where", "shoe_size=42"), "its filters are origin"),
        (("accounts", "--where", "anomaly=nonsense"), "nonsense"),
        (("accounts", "--where", "nonsense"), "is not NAME=VALUE"),
        (("accounts", "--format", "table"), "cannot be printed as table"),
        (("overview", "--format", "csv"), "cannot be printed as csv"),
        (("overview", "--where", "state=active"), "has no filters"),
    ],
)
def test_report_refuses_what_it_does_not_know(arguments: tuple[str, ...], text: str) -> None:
    """A mistyped filter never becomes an unfiltered list."""
    with pytest.raises(CommandError, match=text):
        run("provisioning_report", *arguments)


def test_roles_are_made_once_and_open_what_they_say() -> None:
    """Auditor, operator and admin see the overview; only the later ones act (setup is repeatable)."""
    first = run_json("provisioning_setup_roles")
    second = run_json("provisioning_setup_roles")

    assert [role["role"] for role in first["roles"]] == list(roles.ROLES)
    assert all(role["added"] for role in first["roles"])
    assert [role["added"] for role in second["roles"]] == [[], [], []]
    assert Event.objects.filter(type="role.configured").count() == 3
    account = Account.objects.get(user=push(make_connection("acme"), "ada@example.com").identity.user)
    connection = make_connection("globex")
    pages = (
        url_of("dashboard_changelist"), url_of("account_offboard", account.pk), url_of("connection_add"),
        url_of("connection_issue_token", connection.pk),
    )  # fmt: skip
    answers = {}
    for number, name in enumerate(roles.ROLES):
        person = local_user(f"clerk-{number}", is_staff=True)
        person.groups.add(Group.objects.get(name=name))
        client = Client()
        client.force_login(person)
        answers[name.split()[-1]] = [client.get(page).status_code for page in pages]
    assert answers == {
        "auditor": [200, 403, 403, 403],
        "operator": [200, 200, 403, 403],
        "admin": [200, 200, 200, 200],
    }


def test_roles_keep_what_was_added_by_hand_unless_told_otherwise() -> None:
    """A project may extend the groups; ``--reset`` brings them back."""
    run("provisioning_setup_roles")
    auditor = Group.objects.get(name="Provisioning auditor")
    extra = Group.objects.get(name="Provisioning admin").permissions.get(codename="issue_token")
    auditor.permissions.add(extra)

    run("provisioning_setup_roles")
    kept = auditor.permissions.filter(pk=extra.pk).exists()
    reset = run_json("provisioning_setup_roles", "--reset")

    assert kept
    assert reset["roles"][0]["removed"] == ["issue_token"]
    assert set(auditor.permissions.values_list("codename", flat=True)) == set(roles.AUDITOR)


def before_the_install() -> None:
    """Leave users that this app knows nothing of, one of them inactive and one a superuser."""
    for name in ("ada", "grace", "alan"):
        local_user(f"{name}@example.com")
    local_user("gone@example.com", is_active=False)
    local_user("root@example.com", is_superuser=True)
    local_user("max@example.net")


def test_adopt_without_apply_writes_nothing_and_counts_alike() -> None:
    """The rehearsal gives the numbers of the run (C21)."""
    before_the_install()
    make_connection("acme")
    arguments = ("provisioning_adopt", "--connection", "acme", "--domain", "example.com")

    rehearsed = run_json(*arguments)
    nothing = (
        Account.objects.count(),
        Identity.objects.count(),
        Event.objects.filter(type="adoption.done").count(),
    )
    applied = run_json(*arguments, "--apply")

    assert nothing == (0, 0, 0)
    assert {**rehearsed, "applied": True} == applied
    assert (applied["accounts"], applied["linked"], applied["left_out"]) == (6, 3, 2)


def test_adopt_gives_origin_and_state_and_never_guesses() -> None:
    """The origin is unknown unless the command says it; an inactive user is suspended, not let in."""
    before_the_install()

    run("provisioning_adopt", "--apply")

    found = set(Account.objects.values_list("user__is_active", "origin", "state", "managed_by"))
    assert found == {(True, "unknown", "active", "none"), (False, "unknown", "suspended", "none")}
    assert Account.objects.count() == 6
    assert Event.objects.get(type="adoption.done").effects == {"accounts": 6, "origin": "unknown"}


def test_adopt_links_only_the_people_that_were_named(tmp_path: Path) -> None:
    """A file of login names is taken by its letter; staff and inactive people are left out and named."""
    before_the_install()
    make_connection("acme")
    names = tmp_path / "names.txt"
    names.write_text("ada@example.com\n\nroot@example.com\ngone@example.com\n")

    answer = run_json("provisioning_adopt", "--connection", "acme", "--users", str(names), "--apply")

    assert list(Identity.objects.values_list("user_name", "scim_managed", "subject")) == [
        ("ada@example.com", False, None)
    ]
    reasons = {row["user"]: row["left_out_because"] for row in answer["people"]}
    assert reasons["gone@example.com"] == "is not active"
    assert "does not manage such accounts" in reasons["root@example.com"]
    assert Event.objects.filter(type="account.linked", reason="adopted").count() == 1


def test_adopted_person_is_the_one_whom_the_directory_pushes() -> None:
    """The later push takes the account over: same primary key, no second account."""
    before_the_install()
    acme = make_connection("acme")
    run("provisioning_adopt", "--connection", "acme", "--domain", "example.com", "--apply")

    outcome = push(acme, "ada@example.com")

    assert outcome.kind == "adopted"
    assert outcome.identity.user.get_username() == "ada@example.com"
    assert Identity.objects.filter(user_name="ada@example.com").count() == 1


def test_adopt_goes_on_where_it_was_stopped() -> None:
    """What one batch has done stays done; the rest follows, and a third run finds nothing."""
    before_the_install()
    batches = adoption.adopt(make_context(), adoption.Plan(), size=2)
    next(batches)
    batches.close()
    half = Account.objects.count()

    rest = run_json("provisioning_adopt", "--apply")
    again = run_json("provisioning_adopt", "--apply")

    assert (half, rest["accounts"], again["accounts"]) == (2, 4, 0)
    assert Account.objects.count() == 6


def test_adopt_costs_the_same_for_each_batch() -> None:
    """Queries grow with batches, never with people."""
    for number in range(40):
        local_user(f"person{number}@example.com")
    acme = make_connection("acme")
    plan = adoption.Plan(connection=acme, domain="example.com")
    batches = adoption.adopt(make_context(acme), plan, size=20)

    with CaptureQueriesContext(database) as first:
        next(batches)
    with CaptureQueriesContext(database) as second:
        next(batches)

    assert len(first) == len(second) <= 8
    assert Identity.objects.count() == 40


@pytest.mark.skipif(
    "emails" not in user_map().fields, reason="the login name is the only address of this user model"
)
def test_adopt_leaves_out_a_name_that_is_taken() -> None:
    """Two people who would have one userName are not decided between."""
    acme = make_connection("acme")
    push(acme, "ada@example.com")
    offboard(person_of("ada"))
    local_user("countess", email="ADA@example.com")

    answer = run_json("provisioning_adopt", "--connection", "acme", "--domain", "example.com", "--apply")

    assert answer["linked"] == 0
    assert "belongs to somebody else" in answer["people"][0]["left_out_because"]


@pytest.mark.parametrize("arguments", [("--connection", "acme"), ("--domain", "example.com")])
def test_adopt_needs_connection_and_people_together(arguments: tuple[str, ...]) -> None:
    """A connection never vouches for everybody by default."""
    make_connection("acme")

    with pytest.raises(CommandError, match="need"):
        run("provisioning_adopt", *arguments)


def test_adopt_with_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """The message names the file."""
    make_connection("acme")

    with pytest.raises(CommandError, match="cannot be read"):
        run("provisioning_adopt", "--connection", "acme", "--users", str(tmp_path / "none.txt"))
