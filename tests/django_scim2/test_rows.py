"""Rows as they are found in the wild: what is kept, re-issued, left out and said, and that nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_provisioning.lifecycle import leave
from django_provisioning.models import Account, AttributeValue, Event, GroupLink, Identity
from django_provisioning.models.membership import group_model
from tests.django_scim2.scenes import make_tenant, rows, run_import
from tests.factories import make_connection, make_context

pytestmark = pytest.mark.django_db


def make_user(name: str, **columns: Any) -> Any:
    """Insert a user row with exactly these columns, as ``bulk_create`` and old data have them."""
    facts = {
        "username": name,
        "email": f"{name}@example.com",
        "scim_external_id": f"ext-{name}",
        "scim_id": name,
    }
    return get_user_model()._default_manager.bulk_create([get_user_model()(**{**facts, **columns})])[0]


def make_team(name: str, **columns: Any) -> Any:
    """Insert a team row with exactly these columns."""
    facts = {"name": name, "scim_external_id": f"ext-{name}", "scim_id": f"team-{name}"}
    return group_model()._default_manager.bulk_create([group_model()(**{**facts, **columns})])[0]


def change(user: Any, **columns: Any) -> None:
    """Change a user row as django-scim2 does, past every signal."""
    type(user)._default_manager.filter(pk=user.pk).update(**columns)


def identity_of(user: Any) -> Identity:
    """Give the identity of a user."""
    return Identity.objects.get(user=user)


@pytest.mark.parametrize("scim_id", ["17", "2819C223-7f76", "Ada Lovelace", "b@d:id~é", "None", "0"])
def test_id_of_any_text_is_kept_verbatim(scim_id: str) -> None:
    """The id is opaque: case, blanks and a word that looks like nothing stay."""
    user = make_user("ada", scim_id=scim_id)
    make_tenant()

    report = run_import()

    assert identity_of(user).scim_id == scim_id
    assert (report["users"]["kept"], report["users"]["reissued"]) == (1, 0)


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_id_is_issued_anew_once_and_reported(empty: str | None) -> None:
    """What the old server listed as the word None gets an id, and keeps it at the next import."""
    user = make_user("ada", scim_id=empty)
    make_tenant()

    report = run_import()
    first = identity_of(user).scim_id
    run_import()

    assert identity_of(user).scim_id == first
    assert (report["users"]["kept"], report["users"]["reissued"]) == (0, 1)
    assert report["findings"] == [
        {
            "kind": "reissued",
            "subject": "ada",
            "detail": f"The earlier server had no id; the new one is {first}.",
        }
    ]


def test_shared_external_id_goes_to_nobody_and_is_reported_for_each() -> None:
    """Two people with one externalId: neither gets it, whatever batch they are in, and the exit code is 3."""
    ada, grace = make_user("ada", scim_external_id="7"), make_user("grace", scim_external_id="7")
    make_tenant()

    report = run_import("--batch-size", "1", code=3)

    assert (identity_of(ada).external_id, identity_of(grace).external_id) == (None, None)
    assert report["users"]["duplicate_external_id"] == 2
    assert report["users"]["imported"] == 2


def test_blank_external_id_is_none_for_everybody() -> None:
    """Blank is no externalId, so many may be blank."""
    users = [make_user(name, scim_external_id="") for name in ("ada", "grace")]
    make_tenant()

    report = run_import()

    assert {identity_of(user).external_id for user in users} == {None}
    assert report["users"]["duplicate_external_id"] == 0


def test_live_names_win_over_stale_copies_and_are_reported() -> None:
    """UserName and displayName are what the application holds now."""
    user = make_user("countess", scim_username="ada")
    team = make_team("Engines", scim_display_name="Engineers")
    make_tenant()

    report = run_import()

    assert identity_of(user).user_name == "countess"
    assert GroupLink.objects.get(group=team).display_name == "Engines"
    assert (report["users"]["stale_name"], report["groups"]["stale_name"]) == (1, 1)


def test_managed_only_leaves_out_what_no_directory_wrote() -> None:
    """The default takes what SCIM has written; --all takes what django-scim2 listed; the numbers tie in both."""
    make_user("ada")
    make_user("local", scim_external_id=None)
    make_team("Engineers")
    make_team("local", scim_external_id=None)
    make_tenant()

    some = run_import("--dry-run")
    every = run_import("--all")

    assert (some["users"]["found"], some["users"]["left_out"], some["users"]["imported"]) == (2, 1, 1)
    assert (some["groups"]["left_out"], some["groups"]["imported"]) == (1, 1)
    assert (every["users"]["left_out"], every["users"]["imported"]) == (0, 2)
    assert some["ties"] is every["ties"] is True


def test_two_names_that_differ_in_case_are_not_both_taken() -> None:
    """UserName is unique without case: the second person is left out and said, not renamed."""
    make_user("ada")
    make_user("Ada", scim_id="other")
    make_tenant()

    report = run_import(code=3)

    assert (report["users"]["imported"], report["users"]["skipped"]) == (1, 1)
    assert report["ties"] is True
    assert "belongs to somebody else" in report["findings"][0]["detail"]


def test_row_that_is_no_resource_is_left_out_and_the_others_are_taken() -> None:
    """A user without a name stops nobody else."""
    make_user("", scim_id="1")
    make_user("ada")
    make_tenant()

    report = run_import(code=3)

    assert (report["users"]["read"], report["users"]["imported"], report["users"]["skipped"]) == (2, 1, 1)


def test_deleted_since_the_import_stays_deleted() -> None:
    """Whom the directory deleted after the first import does not come back by the second."""
    user = make_user("ada")
    connection, _new = make_tenant()
    run_import()
    leave.delete(make_context(connection), Identity.objects.select_related("user").get(user=user))
    before = rows()

    report = run_import()

    assert rows() == before
    assert report["users"]["left"] == 1


def test_second_import_follows_the_old_server_until_the_directory_writes_here() -> None:
    """A rehearsal weeks before the switch is brought up to date; a push to us is never overwritten."""
    user = make_user("ada")
    make_tenant()
    run_import()
    change(user, scim_external_id="new", last_name="Lovelace")

    refreshed = run_import()

    assert refreshed["users"]["refreshed"] == 1
    assert identity_of(user).external_id == "new"
    found = AttributeValue.objects.filter(identity__user=user, root="name", sub="familyName")
    assert found.get().value == "lovelace"
    Identity.objects.filter(user=user).update(last_synced_at=make_context().now)
    change(user, scim_external_id="later")
    assert run_import()["users"]["unchanged"] == 1
    assert identity_of(user).external_id == "new"


def test_person_known_by_login_is_adopted_under_the_old_id() -> None:
    """A login through us came first: the identity stays, gets the old id, and SCIM manages it."""
    user = make_user("ada", scim_id="17")
    connection, _new = make_tenant()
    now = make_context().now
    known = Identity.objects.create(
        connection=connection, user=user, scim_id="from-login", user_name="ada@idp", user_name_key="ada@idp",
        subject="s-1", created_at=now, updated_at=now,
    )  # fmt: skip
    Account.objects.create(user=user, origin="jit_oidc", state="active", managed_by="sso", created_at=now)

    report = run_import()

    known.refresh_from_db()
    account = Account.objects.get(user=user)
    assert report["users"]["adopted"] == 1
    assert (known.scim_id, known.user_name, known.subject, known.scim_managed) == ("17", "ada", "s-1", True)
    assert (account.origin, account.managed_by) == ("jit_oidc", "scim+sso")


def test_id_that_is_taken_in_the_connection_is_not_given_twice() -> None:
    """An id of somebody else here is a finding, never a second owner."""
    make_user("ada", scim_id="17")
    connection, _new = make_tenant()
    other, now = make_user("other", scim_external_id=None, scim_id="x"), make_context().now
    Identity.objects.create(
        connection=connection, user=other, scim_id="17", user_name="other", user_name_key="other",
        scim_managed=True, created_at=now, updated_at=now,
    )  # fmt: skip

    report = run_import(code=3)

    assert report["users"]["skipped"] == 1
    assert not Identity.objects.filter(user__username="ada").exists()


def test_group_of_another_connection_is_left_out() -> None:
    """A Django group has one owner."""
    team = make_team("Engineers")
    make_tenant()
    now = make_context().now
    GroupLink.objects.create(
        connection=make_connection("globex"), group=team, scim_id="g", display_name="Engineers",
        display_name_key="engineers", created_at=now, updated_at=now,
    )  # fmt: skip

    report = run_import(code=3)

    assert report["groups"]["skipped"] == 1


def test_members_tie_and_strangers_are_counted_apart() -> None:
    """Members who were not imported stay in the Django group, invisible to the directory, and are counted."""
    ada, local = make_user("ada"), make_user("local", scim_external_id=None)
    team = make_team("Engineers")
    team.user_set.set([ada, local])
    make_tenant()

    report = run_import()

    assert (report["groups"]["members"], report["groups"]["foreign_members"]) == (1, 1)
    event = Event.objects.get(type="group.imported")
    assert event.effects == {"members": 1, "foreign_members": 1}
    assert set(team.user_set.all()) == {ada, local}


def test_privileged_person_is_imported_unchanged_and_counted() -> None:
    """Staff keep their flags and their password; the directory reads them and, by policy, changes nothing."""
    user = make_user("ada", is_staff=True, password="hashed")
    make_tenant()

    report = run_import()

    user.refresh_from_db()
    assert report["users"]["protected"] == 1
    assert (user.is_staff, user.password) == (True, "hashed")


def test_filters_choose_one_tenant_of_several() -> None:
    """--user-filter and --group-filter restrict what is read, and what counts as shared."""
    make_user("ada", last_name="acme", scim_external_id="7")
    make_user("grace", last_name="globex", scim_external_id="7")
    make_tenant()

    report = run_import("--user-filter", "last_name=acme", "--group-filter", "name=none")

    assert (report["users"]["found"], report["users"]["imported"]) == (1, 1)
    assert Identity.objects.get().external_id == "7"


def test_findings_file_has_every_finding(tmp_path: Path) -> None:
    """The answer shows the first hundred, the file has all."""
    for number in range(101):
        make_user(f"user{number}", scim_id=None)
    make_tenant()

    report = run_import("--findings", str(tmp_path / "findings.jsonl"))

    lines = [json.loads(line) for line in (tmp_path / "findings.jsonl").read_text().splitlines()]
    assert len(lines) == 101
    assert (len(report["findings"]), report["findings_not_shown"]) == (100, 1)
    assert {line["kind"] for line in lines} == {"reissued"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--connection", "nobody"), "There is no connection 'nobody'"),
        (("--connection", "acme", "--user-filter", "shoe_size=38"), "shoe_size"),
    ],
)
def test_wrong_usage_is_said(arguments: tuple[str, ...], said: str) -> None:
    """A connection or a field that is not there is an error that names it."""
    make_tenant()

    with pytest.raises(CommandError, match=said):
        call_command("provisioning_import_django_scim2", *arguments)


def test_queries_grow_with_batches_not_with_rows() -> None:
    """A batch costs the same whatever its size, but for the inserts of SQLite, which takes few values in one."""
    for number in range(60):
        make_user(f"user{number}")
    make_tenant()
    counts = {}
    for size in (60, 20, 10):
        with CaptureQueriesContext(
            database,
        ) as captured:
            run_import("--dry-run", "--batch-size", str(size))
        reads = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
        counts[size] = len(reads)

    per_batch = (counts[10] - counts[20]) / 3

    assert counts[20] - counts[60] == per_batch * 2
    assert per_batch <= 9


def test_id_of_another_column_is_read_through_the_adapter(monkeypatch: Any) -> None:
    """``id_field`` of the project's adapter says where the id is; scim_id is not looked at."""
    from django_scim import utils

    monkeypatch.setattr(utils.get_user_adapter(), "id_field", "last_name")
    user = make_user("ada", scim_id="17", last_name="azure-4711")
    make_tenant()

    report = run_import()

    assert identity_of(user).scim_id == "azure-4711"
    assert report["users"]["kept"] == 1


def test_groups_follow_the_old_server_until_somebody_writes_here() -> None:
    """A group that was imported is brought up to date, and no more once it has a newer version."""
    team = make_team("Engineers")
    make_tenant()
    run_import()
    change(team, scim_external_id="new")
    refreshed = run_import()
    GroupLink.objects.update(revision=2)
    change(team, scim_external_id="later")

    report = run_import()

    assert refreshed["groups"]["refreshed"] == 1
    assert report["groups"]["unchanged"] == 1
    assert GroupLink.objects.get().external_id == "new"


def test_rows_known_under_another_id_are_findings_and_stay() -> None:
    """An id that changed at the old server after the import is said; nothing is moved to it."""
    user, team = make_user("ada", scim_id="17"), make_team("Engineers", scim_id="g17")
    make_tenant()
    run_import()
    change(user, scim_id="18")
    change(team, scim_id="g18")

    report = run_import(code=3)

    assert (report["users"]["other_id"], report["groups"]["other_id"]) == (1, 1)
    assert report["ties"] is True
    assert (identity_of(user).scim_id, GroupLink.objects.get().scim_id) == ("17", "g17")


def test_groups_that_cannot_both_be_taken_are_said() -> None:
    """Names without case are unique, a shared externalId goes to neither, an id with a line break to nobody."""
    make_team("Pilots", scim_external_id="7")
    make_team("pilots", scim_external_id="8", scim_id="other")
    make_team("Sailors", scim_external_id="7")
    make_team("Broken", scim_id="a\nb")
    make_team("New", scim_id=None)
    make_user("broken", scim_id="a\nb")
    make_tenant()

    report = run_import(code=3)

    groups = report["groups"]
    assert (groups["imported"], groups["skipped"], groups["duplicate_external_id"], groups["reissued"]) == (
        3,
        2,
        2,
        1,
    )
    assert report["users"]["skipped"] == 1
    assert report["ties"] is True


def test_adapter_that_raises_leaves_out_its_row_alone(monkeypatch: Any) -> None:
    """The project's to_dict fails for one row: the finding names the adapter and the error, the others are taken."""
    from django_scim.adapters import SCIMGroup, SCIMUser

    for adapter in (SCIMUser, SCIMGroup):
        original = adapter.to_dict

        def to_dict(self: Any, original: Any = original) -> Any:
            if "broken" in str(vars(self.obj).values()):
                raise ValueError("no such thing")
            return original(self)

        monkeypatch.setattr(adapter, "to_dict", to_dict)
    make_user("broken")
    make_user("ada")
    make_team("broken")
    make_tenant()

    report = run_import(code=3)

    assert (report["users"]["imported"], report["users"]["skipped"], report["groups"]["skipped"]) == (1, 1, 1)
    assert "to_dict() raised ValueError: no such thing" in report["findings"][0]["detail"]


def test_models_that_are_not_the_same_are_refused(monkeypatch: Any) -> None:
    """django-scim2 serves another group model than this package: the error names the setting."""
    from django.contrib.auth.models import Group
    from django_scim import utils

    monkeypatch.setattr(utils, "get_group_model", lambda: Group)
    make_tenant()

    with pytest.raises(CommandError, match="DJANGO_PROVISIONING_GROUP_MODEL"):
        call_command("provisioning_import_django_scim2", "--connection", "acme")


@pytest.mark.parametrize(
    "arguments", [("--batch-size", "0"), ("--user-filter", "tenant"), ("--all", "--managed-only")]
)
def test_usage_that_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    """Numbers below one, a filter without a value, and both choices at once."""
    make_tenant()

    with pytest.raises(CommandError):
        call_command("provisioning_import_django_scim2", "--connection", "acme", *arguments)


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_project_that_mixed_in_only_its_user_is_imported(arguments: Any, monkeypatch: Any) -> None:
    """With Django's own groups and the stock adapter django-scim2 served no group: all are left out, people are not."""
    from django.contrib.auth.models import Group
    from django_scim import utils

    from django_provisioning.scim2_bridge import django_scim2

    monkeypatch.setattr(utils, "get_group_model", lambda: Group)
    monkeypatch.setattr(django_scim2, "group_model", lambda: Group)
    Group.objects.create(name="Engineers")
    make_user("ada")
    make_tenant()

    report = run_import(*arguments)

    assert (report["users"]["imported"], report["users"]["skipped"]) == (1, 0)
    assert (report["groups"]["found"], report["groups"]["left_out"], report["groups"]["read"]) == (1, 1, 0)
    assert report["ties"] is True


@pytest.mark.parametrize(
    ("site", "address"),
    [(None, "http://scim.example.com/people/"), ("https://id.example.org", "https://id.example.org/people/")],
)
def test_adapters_get_a_request_in_the_import(
    site: str | None, address: str, settings: Any, monkeypatch: Any
) -> None:
    """A document that is made of ``self.request`` is read as behind our views."""
    from django_scim.adapters import SCIMGroup, SCIMUser

    settings.DJANGO_PROVISIONING = {"SITE_URL": site} if site else {}
    settings.ALLOWED_HOSTS = ["scim.example.com", "id.example.org"]
    for adapter in (SCIMUser, SCIMGroup):
        original = adapter.to_dict

        def to_dict(self: Any, original: Any = original) -> Any:
            return {**original(self), "profileUrl": self.request.build_absolute_uri("/people/")}

        monkeypatch.setattr(adapter, "to_dict", to_dict)
    user = make_user("ada")
    make_team("Engineers")
    make_tenant()

    report = run_import()

    assert (report["users"]["imported"], report["groups"]["imported"]) == (1, 1)
    assert identity_of(user).attributes["profileUrl"] == address


def test_rehearsal_names_no_id_that_will_never_be() -> None:
    """A dry run says that an id will be issued; which one, only the import knows."""
    make_user("ada", scim_id=None)
    make_team("Engineers", scim_id=None)
    make_tenant()

    report = run_import("--dry-run")

    assert {finding["detail"] for finding in report["findings"]} == {
        "The earlier server had no id; a new one will be issued."
    }


def save_inactive(user: Any) -> None:
    """Make a user inactive as django-scim2's views do."""
    user.is_active = False
    user.save()


def test_suspension_that_somebody_meant_stands() -> None:
    """What suspended otherwise, or somebody known by a login or another directory, is not lifted by an import."""
    ada, grace, linus = make_user("ada"), make_user("grace"), make_user("linus")
    make_tenant()
    run_import()
    leave.suspend(make_context(), ada, suspension="administrator", reason="lost laptop")
    save_inactive(grace)
    Account.objects.filter(user=grace).update(origin="jit_oidc")
    save_inactive(linus)
    now = make_context().now
    Identity.objects.create(
        connection=make_connection("globex"), user=linus, scim_id="l", user_name="linus", user_name_key="linus",
        scim_managed=True, last_synced_at=now, created_at=now, updated_at=now,
    )  # fmt: skip

    report = run_import()

    assert report["users"]["refreshed"] == 3
    assert report["users"]["suspension_lifted"] == 0
    assert set(Account.objects.values_list("state", "suspension")) == {("suspended", "administrator")}


def test_inactive_before_the_import_but_after_the_installation_can_return() -> None:
    """The old server's save has made a suspended account already when the first import comes."""
    user = make_user("ada")
    make_tenant()
    save_inactive(user)

    report = run_import()

    assert report["users"]["suspension_lifted"] == report["users"]["imported"] == 1
    assert Account.objects.get(user=user).state == "deprovisioned"
    assert Event.objects.get(type="account.imported").effects["suspension_lifted"] is True
