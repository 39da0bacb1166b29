"""The page "explain": it says what really happens then, keeps nothing, takes no secret and shows text as text."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.management.pushes import claims_of, push_of
from django_provisioning.models import Account, Event, Identity
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import EVIL, auditor
from tests.factories import make_connection, make_token
from tests.lifecycle.people import account_of, jit_identity, local_user, push
from tests.management.scenes_of_explain import LOGINS, PUSHES, connection_with_token
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

OPERATOR = ("view_account", "offboard_account")
MANAGER = ("view_account", "view_connection", "manage_connection")


def ask(browser: Browser, page: str, key: int, /, **fields: Any) -> Any:
    """Send the form."""
    return browser.post(page, key, **fields)


def paste(browser: Browser, connection: Any, question: str, document: Any) -> Any:
    """Ask about something pasted, on the page of a connection."""
    text = document if isinstance(document, str) else json.dumps(document)
    return ask(
        browser, "connection_explain", connection.pk,
        question=question, connection=str(connection.pk), document=text,
    )  # fmt: skip


def about(browser: Browser, identity: Identity, question: str) -> Any:
    """Ask about the person of an identity, on the page of the account."""
    key, connection = account_of(identity.user).pk, str(identity.connection_id)
    return ask(browser, "account_explain", key, question=question, connection=connection, document="")


def answer_of(response: Any) -> dict[str, Any]:
    """Give what the page was made of."""
    assert response.status_code == 200
    assert response.context["answer"] is not None, response.context["form"].errors
    return dict(response.context["answer"])


def everything() -> dict[str, list[dict[str, Any]]]:
    """Give the contents of every table but that of sessions, which a request of the browser touches."""
    models = [model for model in apps.get_models(include_auto_created=True) if model is not Session]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("name", PUSHES)
def test_explained_push_is_what_happens(name: str) -> None:
    """Verb, status and events on the page are those of the request that follows, and the page wrote nothing."""
    scene, verb = PUSHES[name]
    connection, document = scene()
    browser = superuser()
    before = everything()

    predicted = answer_of(paste(browser, connection, "scim", document))

    assert everything() == before
    assert predicted["verb"] == verb
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    request = push_of(document)
    sent = ScimClient(make_token(connection)).request(request.method, request.path, request.body)
    written = Event.objects.filter(pk__gt=last).exclude(type__startswith="token.").order_by("pk")
    assert [event["type"] for event in predicted["events"]] == [event.type for event in written]
    if verb != "refused":
        assert predicted["status"] == sent.status_code


@pytest.mark.parametrize("name", LOGINS)
def test_explained_login_is_what_happens(name: str) -> None:
    """The verb on the page is that of the login that follows, and the page wrote nothing."""
    connection, document = LOGINS[name][0]()
    browser = superuser()
    before = everything()

    predicted = answer_of(paste(browser, connection, "oidc", document))

    assert everything() == before
    happened: tuple[str, str]
    try:
        happened = sign_in(claims_of(document, connection, "oidc")).outcome.kind, ""
    except Refused as refused:
        happened = "refused", refused.reason
    assert (predicted["verb"], predicted["reason"]) == happened


def test_account_page_leads_to_its_explanation() -> None:
    """Who may ask finds the way; an auditor is shown no link that ends in a refusal."""
    account = account_of(push(make_connection("acme"), "ada@example.com").identity.user)
    link = url_of("account_explain", account.pk)

    assert link in text_of(Browser(*OPERATOR).get("account_change", account.pk))
    assert link not in text_of(auditor().get("account_change", account.pk))


def test_connection_page_leads_to_its_explanation() -> None:
    """The set-up is tried out from where it is made."""
    connection = make_connection("acme")

    assert url_of("connection_explain", connection.pk) in text_of(
        Browser(*MANAGER).get("connection_change", connection.pk)
    )


@pytest.mark.parametrize(
    ("question", "verb", "type_"),
    [
        ("deactivate", "left", "account.deactivated"),
        ("activate", "unchanged", None),
        ("delete", "deleted", "account.deleted"),
    ],
)
def test_question_about_a_person_needs_no_paste(question: str, verb: str, type_: str | None) -> None:
    """What the directory could do next to somebody is one click away, and stays a question."""
    connection = connection_with_token()
    identity = push(connection, "ada@example.com").identity

    found = answer_of(about(Browser(*OPERATOR), identity, question))

    assert found["verb"] == verb
    assert [event["type"] for event in found["events"]] == ([type_] if type_ else [])
    assert account_of(identity.user).state == Account.State.ACTIVE


def test_login_of_a_known_person_is_made_of_what_is_known() -> None:
    """The subject and the attributes of the identity are asserted, so the answer is about this person."""
    connection = connection_with_token(jit="create")
    identity = jit_identity(connection, "joan@example.net")

    found = answer_of(about(Browser(*OPERATOR), identity, "login"))

    assert found["verb"] in {"unchanged", "moved"}
    assert json.loads(found["asked"])["sub"] == identity.subject


def test_login_of_who_has_left_is_explained_as_refused() -> None:
    """The helpdesk sees why somebody does not get in (C26)."""
    connection = connection_with_token(jit="create")
    identity = jit_identity(connection, "joan@example.net")
    Identity.objects.filter(pk=identity.pk).update(active=False)

    page = text_of(about(Browser(*OPERATOR), identity, "login"))

    assert "✕ It would be refused." in page
    assert "deprovisioned" in page


def test_login_through_saml_is_explained() -> None:
    """An assertion is asked for by its own names."""
    connection = make_connection(saml_entity_id="https://idp.example.com/saml", jit="create")
    document = {"name_id": "s-1", "attributes": {"uid": ["nina"], "mail": ["nina@example.com"]}}

    assert answer_of(paste(superuser(), connection, "saml", document))["verb"] == "created"


@pytest.mark.parametrize(
    "text",
    [
        '{"sub": "s", "id_token": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"}',
        '{"sub": "s", "note": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"}',
        '{"userName": "ada", "password": "hunter2hunter2"}',
        '{"method": "PATCH", "path": "/Users/1", "body": {"Operations": [{"value": {"password": "hunter2"}}]}}',
        '{"method": "PATCH", "path": "/Users/1", "body": {"Operations": [{"path": "password", "value": "hunter2"}]}}',
        '{"sub": "s", "access_token": "hunter2"}',
        '{"Authorization": "Bearer hunter2hunter2hunter2"}',
        "{OWN}",
        "<saml2p:Response>hunter2</saml2p:Response>",
        "-----BEGIN PRIVATE KEY----- hunter2",
    ],
)  # fmt: skip
def test_secret_is_refused_and_not_repeated(text: str) -> None:
    """A token, a password or an assertion is neither tried nor sent back in the page."""
    connection = make_connection("acme")
    raw = make_token(connection)
    text = json.dumps({"userName": "ada", "title": raw}) if text == "{OWN}" else text

    response = paste(superuser(), connection, "scim", text)

    page = text_of(response)
    assert response.context["answer"] is None
    assert "an explanation needs no secret" in page
    assert not any(secret in page for secret in ("hunter2", "eyJhbGci", raw))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", '{"method": "TRACE", "path": "/Users"}', "[" * 5000, '{"a": "\\u0000"}']
)
def test_nonsense_is_told_beside_the_field(text: str) -> None:
    """What is no question gets a sentence, never a server error."""
    response = paste(superuser(), make_connection("acme"), "scim", text)

    assert response.status_code == 200
    assert response.context["answer"] is None
    assert response.context["form"].errors["document"]


def test_question_about_a_person_needs_a_connection_that_knows_them() -> None:
    """Another tenant is not asked about somebody it never heard of."""
    stranger = make_connection("globex")
    identity = push(make_connection("acme"), "ada@example.com").identity
    key = account_of(identity.user).pk

    response = ask(
        superuser(), "account_explain", key, question="deactivate", connection=str(stranger.pk), document=""
    )

    assert response.context["answer"] is None
    assert "does not know the person" in text_of(response)


def test_hostile_text_is_shown_as_text() -> None:
    """What a directory could push is inert in question and answer."""
    connection = connection_with_token()
    document = {"userName": "mallory@example.com", "displayName": EVIL, "title": "{{7*7}}"}

    page = text_of(paste(superuser(), connection, "scim", document))

    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page


def test_question_is_neither_stored_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    """No table, no log line and no cache that a browser keeps holds what was pasted."""
    connection = connection_with_token()
    browser = superuser()
    caplog.set_level(logging.DEBUG)
    document = {"userName": "zaphod@example.com", "displayName": "Zaphod Beeblebrox"}

    with CaptureQueriesContext(database):
        response = paste(browser, connection, "scim", document)

    tables = json.dumps(everything(), default=str)
    lines = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert answer_of(response)["verb"] == "created"
    assert "Zaphod" not in tables
    assert not any("Zaphod" in line or "zaphod" in line for line in lines)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("permissions", "code"),
    [
        (OPERATOR, 200),
        (MANAGER, 200),
        (("offboard_account",), 403),
        (("manage_connection",), 403),
        (("view_account", "change_account", "view_connection", "view_event"), 403),
    ],
)
def test_explanation_is_for_those_who_decide(permissions: tuple[str, ...], code: int) -> None:
    """It takes locks and speaks of people: both, to see accounts and to decide about them, are needed."""
    connection = connection_with_token()
    identity = push(connection, "ada@example.com").identity
    browser = Browser(*permissions)

    codes = {
        browser.get("account_explain", account_of(identity.user).pk).status_code,
        browser.get("connection_explain", connection.pk).status_code,
        about(browser, identity, "deactivate").status_code,
        paste(browser, connection, "scim", {"userName": "x"}).status_code,
    }

    assert codes == {code}


def test_question_needs_a_csrf_token() -> None:
    """It takes locks, so no foreign page may start it."""
    connection = connection_with_token()
    browser = Browser(*MANAGER, enforce_csrf_checks=True)

    assert paste(browser, connection, "scim", {"userName": "x"}).status_code == 403


@pytest.mark.parametrize("page", ["account_explain", "connection_explain"])
def test_explanation_of_nothing_is_not_found(page: str) -> None:
    """A stale link is no server error."""
    assert superuser().get(page, 10_000).status_code == 404


def test_person_whom_no_connection_knows_can_be_asked_by_paste() -> None:
    """A local account has a page too: what a first push would make of it."""
    connection = connection_with_token()
    user = local_user("ada")
    Account.objects.create(
        user=user, origin=Account.Origin.MANUAL, state=Account.State.ACTIVE, created_at=user.date_joined
        if hasattr(user, "date_joined") else "2026-01-01T00:00Z",
    )  # fmt: skip
    browser = superuser()

    page = text_of(browser.get("account_explain", account_of(user).pk))

    assert "if the directory deactivated" not in page
    assert re.search(rf'<option value="{connection.pk}"[^>]*>', page)


def test_explanation_page_costs_at_most_8_queries() -> None:
    """To open it, whatever the number of connections."""
    identity = push(make_connection("acme"), "ada@example.com").identity
    for _number in range(5):
        make_connection()
    browser = superuser()
    key = account_of(identity.user).pk
    browser.get("account_explain", key)

    with CaptureQueriesContext(database) as queries:
        browser.get("account_explain", key)

    assert len(queries) <= 8


def test_huge_paste_that_looks_like_tokens_is_judged_at_once() -> None:
    """A text of a hundred thousand beginnings of a token costs no more than reading it once."""
    connection = make_connection("acme")
    began = time.monotonic()

    response = paste(superuser(), connection, "oidc", "-eyJaaaaaaaa" * 100_000)

    assert response.status_code == 200
    assert time.monotonic() - began < 10
