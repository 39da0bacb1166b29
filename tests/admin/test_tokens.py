"""Tokens in the admin: shown once, rotated with overlap, revoked with a reason, each act with its permission."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import serializers
from django.utils import timezone

from django_provisioning.models import Connection, ConnectionToken, Event
from tests.admin.pages import AUDITOR, TOKEN, Browser, messages_of, superuser, text_of, url_of
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

TERMS: dict[str, Any] = {
    "name": "Okta production", "scopes": ["scim:read", "scim:users"],
    "allowed_cidrs": "192.0.2.0/24\n127.0.0.0/8", "lifetime_days": "90",
}  # fmt: skip


def issue(browser: Browser, connection: Connection, **changed: Any) -> Any:
    """Send the form for a new token; None takes a field out."""
    fields = {name: value for name, value in {**TERMS, **changed}.items() if value is not None}
    return browser.post("connection_issue_token", connection.pk, **fields)


def test_token_is_issued_on_the_terms_of_the_form() -> None:
    """Name, scopes, networks and expiry are those asked for, and the person is noted."""
    connection = make_connection()
    browser = superuser()

    issue(browser, connection)

    token = connection.tokens.get()
    assert (token.name, token.scopes) == ("Okta production", ["scim:read", "scim:users"])
    assert token.allowed_cidrs == ["192.0.2.0/24", "127.0.0.0/8"]
    assert token.expires_at == token.created_at + timedelta(days=90)
    assert token.created_by == browser.person
    assert Event.objects.get(type="token.issued").actor_id == str(browser.person.pk)


def test_token_page_shows_a_token_that_works_and_the_url_for_it() -> None:
    """What stands on the page opens the SCIM service at the URL on the page."""
    connection = make_connection()

    response = issue(superuser(), connection)

    raw = TOKEN.findall(text_of(response))
    assert len(raw) == 1
    assert ScimClient(raw[0]).get("/Users").status_code == 200
    assert ">http://testserver/scim/v2<" in text_of(response)


def test_token_page_shows_the_url_as_the_product_wants_it() -> None:
    """Who copies URL and token from one page gets the same URL as from the set-up page."""
    connection = make_connection(idp="entra")

    response = issue(superuser(), connection)

    assert ">http://testserver/scim/v2?aadOptscim062020<" in text_of(response)


def test_token_page_may_not_be_stored() -> None:
    """No cache and no back button brings the token back; it is the answer to the POST itself."""
    response = issue(superuser(), make_connection())

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize("rotated", [False, True])
def test_token_never_appears_twice(rotated: bool) -> None:
    """Not in a message, URL, session, history entry, event, table or any later page."""
    connection = make_connection()
    browser = superuser()
    response = issue(browser, connection)
    if rotated:
        response = browser.post(
            "connection_rotate_token", connection.pk, connection.tokens.get().pk, overlap_hours=0
        )
    raw = TOKEN.findall(text_of(response))[0]
    secret = raw.split("_")[2]

    pages = [
        browser.get("connection_change", connection.pk), browser.get("connection_history", connection.pk),
        browser.get("connection_issue_token", connection.pk), browser.get("event_changelist"),
        *(browser.get("event_change", event.pk) for event in Event.objects.all()),
    ]  # fmt: skip
    rows: list[Any] = [*ConnectionToken.objects.all(), *Event.objects.all(), *LogEntry.objects.all()]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    everything = [
        *map(text_of, pages),
        serializers.serialize("json", rows),
        json.dumps(sessions),
        str(response.headers),
    ]

    assert all(page.status_code == 200 for page in pages)
    assert [text for text in everything if secret in text] == []
    assert messages_of(response) == []
    assert LogEntry.objects.filter(change_message__contains=raw.split("_")[1]).exists()


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["scim:everything"]}, "Select a valid choice."),
        ({"lifetime_days": "0"}, "greater than or equal to 1"),
        ({"lifetime_days": "731"}, "less than or equal to 730"),
        ({"lifetime_days": None}, "Say in how many days it expires."),
        ({"allowed_cidrs": "192.0.2.1/24"}, "is no network"),
        ({"allowed_cidrs": "everywhere"}, "is no network"),
    ],
)
def test_token_form_with_a_bad_term_says_so_and_issues_nothing(
    changed: dict[str, Any], complaint: str
) -> None:
    """What was typed wrong stands on the form, whether the form or the lifecycle noticed it."""
    connection = make_connection()

    response = issue(superuser(), connection, **changed)

    assert complaint in text_of(response)
    assert TOKEN.findall(text_of(response)) == []
    assert not connection.tokens.exists()
    assert not Event.objects.filter(type="token.issued").exists()


def test_token_that_never_expires_is_a_choice_of_its_own() -> None:
    """The box wins over the days, and the days may be empty then."""
    connection = make_connection()

    issue(superuser(), connection, never_expires="on", lifetime_days=None)

    assert connection.tokens.get().expires_at is None


def test_rotation_shows_the_new_token_and_when_the_old_one_ends() -> None:
    """Both work during the overlap, and the page says when the old one was last used."""
    connection = make_connection()
    old_raw = make_token(connection)
    ScimClient(old_raw).get("/Users")
    old = connection.tokens.get()
    browser = superuser()
    question = text_of(browser.get("connection_rotate_token", connection.pk, old.pk))

    response = browser.post("connection_rotate_token", connection.pk, old.pk, overlap_hours=24)

    new_raw = TOKEN.findall(text_of(response))[0]
    old.refresh_from_db()
    assert old.expires_at is not None
    assert timedelta(hours=23) < old.expires_at - timezone.now() <= timedelta(hours=24)
    assert [ScimClient(raw).get("/Users").status_code for raw in (old_raw, new_raw)] == [200, 200]
    assert f"Token {old.key_id}, last used" in question
    assert old.key_id in text_of(response)
    assert "no-store" in response["Cache-Control"]


def test_rotation_without_overlap_ends_a_leaked_token_at_once() -> None:
    """Zero hours means now."""
    connection = make_connection()
    old_raw = make_token(connection)

    superuser().post("connection_rotate_token", connection.pk, connection.tokens.get().pk, overlap_hours=0)

    assert ScimClient(old_raw).get("/Users").status_code == 401


def test_rotation_of_a_revoked_token_is_refused_on_the_form() -> None:
    """A page that was open too long cannot bring a revoked token back."""
    connection = make_connection()
    make_token(connection)
    token = connection.tokens.get()
    browser = superuser()
    browser.post("connection_revoke_token", connection.pk, token.pk, reason="leaked")

    response = browser.post("connection_rotate_token", connection.pk, token.pk, overlap_hours=24)

    assert "revoked or expired" in text_of(response)
    assert connection.tokens.count() == 1


def test_revocation_ends_the_token_and_keeps_the_reason() -> None:
    """The token opens nothing any more; page, event and history say why or which."""
    connection = make_connection()
    raw = make_token(connection)
    token = connection.tokens.get()
    browser = superuser()

    response = browser.post("connection_revoke_token", connection.pk, token.pk, reason="TICKET-7")

    assert ScimClient(raw).get("/Users").status_code == 401
    assert response.url == url_of("connection_change", connection.pk)
    page = text_of(browser.get("connection_change", connection.pk))
    assert "✕ revoked" in page
    assert "TICKET-7" in page
    assert f"tokens/{token.pk}/revoke/" not in page
    assert Event.objects.get(type="token.revoked").reason == "TICKET-7"


def test_revocation_asks_first_and_needs_a_reason() -> None:
    """Neither opening the page nor an empty reason ends the token."""
    connection = make_connection()
    make_token(connection)
    token = connection.tokens.get()
    browser = superuser()

    asked = browser.get("connection_revoke_token", connection.pk, token.pk)
    unexplained = browser.post("connection_revoke_token", connection.pk, token.pk, reason=" ")

    token.refresh_from_db()
    assert f"Token {token.key_id}, never used" in text_of(asked)
    assert unexplained.status_code == 200
    assert token.revoked_at is None


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("connection_issue_token", TERMS),
        ("connection_rotate_token", {"overlap_hours": 0}),
        ("connection_revoke_token", {"reason": "spite"}),
    ],
)
@pytest.mark.parametrize("permissions", [AUDITOR, ("change_connection", "manage_connection"), ()])
def test_token_operation_without_the_permission_is_forbidden(
    page: str, fields: dict[str, Any], permissions: tuple[str, ...]
) -> None:
    """Neither seeing nor managing connections is enough, and nothing happens."""
    connection = make_connection()
    make_token(connection)
    before = list(connection.tokens.values())
    args = (
        [connection.pk] if page == "connection_issue_token" else [connection.pk, connection.tokens.get().pk]
    )
    browser = Browser(*permissions)

    answers = [browser.get(page, *args), browser.post(page, *args, **fields)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert list(connection.tokens.values()) == before


def test_issue_token_permission_is_enough_for_tokens_and_no_more() -> None:
    """Its holder sees the connection, issues, and cannot change policies."""
    connection = make_connection("acme")
    browser = Browser("issue_token")

    page = browser.get("connection_change", connection.pk)
    issued = issue(browser, connection)
    changed = browser.post("connection_change", connection.pk, name="Mine now")

    assert "tokens/issue/" in text_of(page)
    assert len(TOKEN.findall(text_of(issued))) == 1
    assert changed.status_code == 403


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_token_operation_takes_no_other_method(method: str) -> None:
    """GET asks and POST acts; there is no third way."""
    connection = make_connection()

    response = getattr(superuser().client, method)(url_of("connection_issue_token", connection.pk))

    assert response.status_code == 405


def test_token_operation_without_csrf_token_is_forbidden() -> None:
    """Another site cannot make a logged-in person issue a token."""
    connection = make_connection()
    browser = Browser(is_superuser=True, enforce_csrf_checks=True)

    response = issue(browser, connection)

    assert response.status_code == 403
    assert not connection.tokens.exists()


def token_at(connection: Connection, name: str = "production", **times: Any) -> ConnectionToken:
    """Make a token whose times are so many minutes ago."""
    make_token(connection, name=name)
    token = connection.tokens.latest("pk")
    now = timezone.now()
    for field, minutes in times.items():
        setattr(token, field, None if minutes is None else now - timedelta(minutes=minutes))
    token.save()
    return token


@pytest.mark.parametrize(
    ("old_used", "new_used", "advice"),
    [
        (180.5, 5, "Last used 3 hours ago, and the new token {new} is in use: safe to revoke now."),
        (None, 5, "Never used, and the new token {new} is in use: safe to revoke now."),
        (30.5, 5, "Still in use: last used 30 minutes ago. Give the identity provider the new token {new}."),
        (180.5, 200, "Still in use: last used 3 hours ago. Give the identity provider the new token {new}."),
        (180.5, None, "Keep it: the new token {new} has not been used yet."),
        (None, None, "Keep it: the new token {new} has not been used yet."),
    ],
)
def test_rotated_token_says_whether_it_is_safe_to_revoke(
    old_used: float | None, new_used: float | None, advice: str
) -> None:
    """Page of the connection, inventory and question say the same of the old token, and nothing of the new (N13)."""
    connection = make_connection("acme")
    old = token_at(connection, created_at=10_000, last_used_at=old_used)
    new = token_at(connection, created_at=300, last_used_at=new_used)
    browser = superuser()
    expected = advice.format(new=new.key_id)

    pages = [
        browser.get("connection_change", connection.pk),
        browser.get("connectiontoken_change", old.pk),
        browser.get("connection_revoke_token", connection.pk, old.pk),
    ]

    assert [text_of(page).count(expected) for page in pages] == [1, 1, 1]
    assert "the new token" not in text_of(browser.get("connectiontoken_change", new.pk))


def test_rotated_token_advice_needs_a_live_token_of_the_same_name() -> None:
    """A token of another purpose, or one that was revoked, replaces nothing."""
    connection = make_connection("acme")
    old = token_at(connection, created_at=10_000, last_used_at=180)
    token_at(connection, "staging", created_at=300, last_used_at=5)
    token_at(connection, created_at=300, last_used_at=5, revoked_at=1)

    browser = superuser()
    pages = [
        text_of(browser.get("connectiontoken_change", old.pk)),
        text_of(browser.get("connection_change", connection.pk)),
    ]

    assert [page for page in pages if "safe to revoke" in page] == []


@pytest.mark.parametrize(
    ("times", "status", "expiry"),
    [
        ({"expires_at": -60 * 24 * 400, "last_used_at": 5}, "✓ live", "399 days left"),
        ({"expires_at": -60 * 24 * 400}, "✓ live, never used", "399 days left"),
        ({"expires_at": -60 * 24 * 8 - 5, "last_used_at": 5}, "! live, expires soon", "! 8 days left"),
        ({"expires_at": -60 * 24 - 5}, "! live, expires soon", "! 1 day left"),
        ({"expires_at": -60 * 5 - 5}, "! live, expires soon", "! 5 hours left"),
        ({"expires_at": None, "last_used_at": 5}, "✓ live", "! never expires"),
        ({"expires_at": 5}, "✕ expired", ""),
        ({"revoked_at": 5}, "✕ revoked", ""),
    ],
)
def test_token_says_its_status_and_how_long_it_lives(times: dict[str, Any], status: str, expiry: str) -> None:
    """Connection page and inventory warn in words and marks before a token ends (N13, N15)."""
    connection = make_connection("acme")
    token_at(connection, **times)
    browser = superuser()

    pages = [
        text_of(browser.get("connection_change", connection.pk)),
        text_of(browser.get("connectiontoken_changelist")),
    ]

    assert all(f">{status}<" in page for page in pages)
    assert all((expiry or "days left") in page for page in pages) is bool(expiry)


@pytest.mark.parametrize(
    ("status", "names"),
    [
        ("live", ["used", "endless"]),
        ("expiring", ["soon"]),
        ("unused", ["new"]),
        ("expired", ["over"]),
        ("revoked", ["gone"]),
        ("nonsense", []),
    ],
)
def test_token_inventory_filters_by_what_its_column_says(status: str, names: list[str]) -> None:
    """Each token is in exactly one status, and the file has the same rows as the list (N15)."""
    connection = make_connection("acme")
    year = -60 * 24 * 365
    token_at(connection, "used", last_used_at=5, expires_at=year)
    token_at(connection, "endless", last_used_at=5, expires_at=None)
    token_at(connection, "new", expires_at=year)
    token_at(connection, "soon", last_used_at=5, expires_at=-60)
    token_at(connection, "over", last_used_at=5, expires_at=1)
    token_at(connection, "gone", last_used_at=5, revoked_at=1)
    browser = superuser()

    listed = browser.get("connectiontoken_changelist", query={"status": status}).context["cl"].result_list
    body = browser.get("connectiontoken_export", "jsonl", query={"status": status}).getvalue().decode()

    assert sorted(token.name for token in listed) == sorted(names)
    rows = [json.loads(line) for line in body.splitlines()]
    assert sorted(row["name"] for row in rows) == sorted(names)
    assert {row["status"] for row in rows} == ({status} if names else set())


def test_token_inventory_names_owner_use_and_expiry_and_no_secret() -> None:
    """One list of everything a directory may call with: whose, since when, until when, last used from where (N15)."""
    connection = make_connection("acme")
    browser = superuser()
    issued = text_of(issue(browser, connection))
    secret = TOKEN.findall(issued)[0].split("_")[2]
    ConnectionToken.objects.update(last_used_at=timezone.now(), last_used_ip="192.0.2.7")
    token = connection.tokens.get()

    page = text_of(browser.get("connectiontoken_changelist"))
    detail = text_of(browser.get("connectiontoken_change", token.pk))
    file = browser.get("connectiontoken_export", "csv").getvalue().decode()

    for text in (page, detail, file):
        assert browser.person.get_username() in text
        assert all(
            part in text
            for part in (token.key_id, "Okta production", "192.0.2.7", f"{token.expires_at:%Y-%m-%d}")
        )
        assert secret not in text
        assert token.digest not in text
    assert "scim:users" in detail
    assert "scim:users" in file
    assert url_of("connection_change", connection.pk) in detail
    assert browser.get("connectiontoken_changelist", query={"digest__startswith": "a"}).status_code in (
        302,
        400,
    )


def test_token_inventory_changes_nothing_and_is_for_those_who_see_connections() -> None:
    """The list is read-only for a superuser too, and closed to who may only see accounts (N15)."""
    make_token(make_connection("acme"))
    token = ConnectionToken.objects.get()

    seen = Browser("view_connection").get("connectiontoken_changelist").status_code
    closed = Browser("view_account").get("connectiontoken_changelist").status_code
    posted = superuser().post("connectiontoken_change", token.pk, name="other").status_code

    assert (seen, closed, posted) == (200, 403, 403)


def test_token_inventory_costs_the_same_at_any_length(django_assert_max_num_queries: Any) -> None:
    """Connection and owner of a hundred tokens come with the tokens."""
    connection = make_connection("acme")
    browser = superuser()
    for number in range(20):
        make_token(connection, name=f"token {number}", created_by=browser.person)

    with django_assert_max_num_queries(8):
        response = browser.get("connectiontoken_changelist")

    assert len(response.context["cl"].result_list) == 20


def test_connection_page_costs_the_same_at_any_number_of_tokens(django_assert_max_num_queries: Any) -> None:
    """Health, words, tokens, domains and requests together stay within the budget of a page."""
    connection = make_connection("acme")
    browser = superuser()
    for number in range(20):
        make_token(connection, name=f"token {number}")
    browser.get("connection_change", connection.pk)

    with django_assert_max_num_queries(8):
        response = browser.get("connection_change", connection.pk)

    assert response.status_code == 200


def test_token_that_reaches_superusers_is_for_superusers_only() -> None:
    """Where a connection manages staff, its token could lock out or rename a superuser; ending it stays possible."""
    connection = make_connection("acme", manages_privileged=True)
    make_token(connection)
    token = ConnectionToken.objects.get()
    clerk = Browser("issue_token", "view_connection")
    args = (connection.pk, token.pk)

    pages = [clerk.get(f"connection_{page}", connection.pk) for page in ("change", "setup")]
    asked = [clerk.get("connection_issue_token", connection.pk), clerk.get("connection_rotate_token", *args)]
    sent = [
        clerk.post(
            "connection_issue_token", connection.pk, name="x", scopes=["scim:users"], lifetime_days="1"
        ),
        clerk.post("connection_rotate_token", *args, overlap_hours="1"),
    ]
    above = superuser().get("connection_issue_token", connection.pk)
    ended = clerk.post("connection_revoke_token", *args, reason="leaked")

    assert [one.status_code for one in (*asked, *sent, above, ended)] == [403, 403, 403, 403, 200, 302]
    assert ConnectionToken.objects.count() == 1
    assert not any("Issue a token…" in text_of(page) or "Rotate…" in text_of(page) for page in pages)
    assert "Revoke…" in text_of(pages[0])
