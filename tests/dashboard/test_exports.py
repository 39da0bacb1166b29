"""Lists as files: what they hold, that nothing in them is a formula, and that each leaves an event."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_provisioning.models import Event, Leave
from django_provisioning.reports.export import cell
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import EVIL, FORMULA, auditor, offboard, one_of_each, person_of, small_site
from tests.factories import make_connection
from tests.lifecycle.people import push

pytestmark = pytest.mark.django_db

MODELS = (
    "account",
    "connection",
    "connectiontoken",
    "event",
    "grouplink",
    "identity",
    "leave",
    "sessionindex",
)


def exported(browser: Browser, model: str, form: str, **query: str) -> list[dict[str, Any]]:
    """Download a list and give its rows as a program reads them."""
    response = browser.get(f"{model}_export", form, query=query)
    text = response.getvalue().decode()
    if form == "jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_export_has_as_many_rows_as_the_list(model: str, form: str) -> None:
    """Screen and file tie, for every list and both formats (C34)."""
    one_of_each()
    browser = auditor()
    shown = browser.get(f"{model}_changelist").context["cl"].result_count

    rows = exported(browser, model, form)

    assert len(rows) == shown > 0


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("account", {"state__exact": "active"}),
        ("account", {"q": "ada"}),
        ("account", {"connection": "acme"}),
        ("event", {"type": "account.created"}),
        ("leave", {"status": "open"}),
        ("leave", {"status": "in_time"}),
    ],
)
def test_export_follows_the_filters_of_the_list(model: str, query: dict[str, str]) -> None:
    """The query string of the list is that of the file."""
    one_of_each()
    offboard(person_of("alan"))
    Leave.objects.filter(user=person_of("alan")).update(closed_at=None)
    browser = auditor()
    response = browser.get(f"{model}_changelist", query=query)

    rows = exported(browser, model, "csv", **query)

    assert len(rows) == response.context["cl"].result_count < len(exported(browser, model, "csv"))
    link = (
        f"{url_of(f'{model}_export', 'csv')}?{'&amp;'.join(f'{key}={value}' for key, value in query.items())}"
    )
    assert link in text_of(response)


def test_export_leaves_an_event_with_filter_count_and_digest() -> None:
    """Who took what away is in the audit trail, provable by the file itself."""
    small_site()
    browser = auditor()

    body = browser.get("account_export", "csv", query={"state__exact": "active"}).getvalue()

    event = Event.objects.get(type="export.created")
    assert (event.actor_type, event.actor_id, event.outcome) == ("admin", str(browser.person.pk), "success")
    assert event.effects == {
        "list": "accounts", "format": "csv", "filter": "state__exact=active", "rows": 3,
        "sha256": hashlib.sha256(body).hexdigest(),
    }  # fmt: skip


def test_export_that_was_interrupted_says_so() -> None:
    """A reader who hangs up has an event too, as a warning."""
    small_site()

    response = auditor().get("account_export", "csv")
    next(iter(response.streaming_content))
    response._iterator.close()

    event = Event.objects.get(type="export.created")
    assert (event.outcome, event.reason) == ("warning", "interrupted")


@pytest.mark.parametrize(
    "text",
    [
        FORMULA,
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "＝1",
        "\ufeff=1",
        '="a"&"b"',
    ],
)
def test_cell_that_would_be_a_formula_is_text(text: str) -> None:
    """Whatever a spreadsheet computes gets an apostrophe in front, and no character is lost."""
    assert cell(text).startswith("'")
    assert cell(text).replace("'", "") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a;=cmd()", "a;'=cmd()"),
        ("a; =cmd()", "a; '=cmd()"),
        ('a;"=cmd()', "a;\"'=cmd()"),
        ("a\n=cmd()", "a\n'=cmd()"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a; b = c", "a; b = c"),
    ],
)
def test_formula_behind_a_semicolon_is_text_too(text: str, shown: str) -> None:
    """Spreadsheets in German and Spanish part cells at semicolons, so a formula can begin in the middle of ours."""
    assert cell(text) == shown


@pytest.mark.parametrize(("value", "text"), [("ada", "ada"), (-1, "-1"), (False, "no"), (None, "")])
def test_cell_that_is_harmless_stays_as_it_is(value: Any, text: str) -> None:
    """Numbers and ordinary texts are not touched."""
    assert cell(value) == text


def test_export_of_hostile_names_is_inert() -> None:
    """A pushed formula or script is text in the CSV, the same text in JSON, and escaped on the page."""
    connection = make_connection("acme")
    for name in (FORMULA, EVIL):
        push(connection, name)
    browser = superuser()

    rows = exported(browser, "identity", "csv")
    documents = exported(browser, "identity", "jsonl")
    page = text_of(browser.get("identity_changelist"))

    assert [row["user_name"] for row in rows] == [f"'{FORMULA}", EVIL]
    assert [document["user_name"] for document in documents] == [FORMULA, EVIL]
    assert EVIL not in page
    response = browser.get("identity_export", "csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith('attachment; filename="identities-')


def test_export_never_holds_a_session_key_or_a_digest() -> None:
    """What opens a door is in no file."""
    found = one_of_each()
    keys = list(found["user"].provisioning_sessions.values_list("session_key", flat=True))
    digests = list(found["connection"].tokens.values_list("digest", flat=True))
    browser = superuser()

    texts = [browser.get(f"{model}_export", "jsonl").getvalue().decode() for model in MODELS]

    assert keys
    assert digests
    assert [secret for secret in keys + digests if any(secret in text for text in texts)] == []


@pytest.mark.parametrize(
    "permissions", [("view_account",), ("export_report",), ("view_event", "export_report")]
)
def test_export_needs_the_permission_and_the_list(permissions: tuple[str, ...]) -> None:
    """To see a list is not to take it away, and the right to take files away opens no list."""
    small_site()
    browser = Browser(*permissions)

    assert browser.get("account_export", "csv").status_code == 403
    assert not Event.objects.filter(type="export.created").exists()
    if "view_account" in permissions:
        assert "export/csv" not in text_of(browser.get("account_changelist"))


def test_export_in_an_unknown_format_or_filter_is_not_found() -> None:
    """A mistyped address is no server error."""
    small_site()
    browser = superuser()

    answers = [
        browser.get("account_export", "xlsx"),
        browser.get("account_export", "csv", query={"state__exact__nonsense": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_export_costs_the_same_queries_for_3_and_30_accounts() -> None:
    """No row asks the database for itself."""
    small_site()
    browser = superuser()
    few = queries_of(browser)
    connection = make_connection("more")
    for number in range(27):
        Client().force_login(push(connection, f"person{number}@example.com").identity.user)

    assert queries_of(browser) == few


def queries_of(browser: Browser) -> int:
    """Count the queries of a download of the accounts."""
    with CaptureQueriesContext(database) as queries:
        browser.get("account_export", "csv").getvalue()
    return len(queries)


def test_export_of_leaves_has_the_three_times() -> None:
    """t1, t2 and t3 are there, in ISO with the offset, and the seconds between the first and the last."""
    small_site()
    leave = Leave.objects.get()

    row = exported(superuser(), "leave", "csv")[0]

    assert row["person"] == person_of("grace").get_username()
    assert row["received_at"].endswith("+00:00")
    assert leave.closed_at is not None
    assert row["seconds"] == f"{(leave.closed_at - leave.received_at).total_seconds():.3f}"
    assert (row["source_at"], row["is_open"], row["path"]) == ("", "no", "command")
