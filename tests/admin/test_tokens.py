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
