"""Lists and read-only pages: constant cost, filters, what is escaped and what is never shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import django_provisioning
from django_provisioning.admin import base
from django_provisioning.admin.filters import EVENT_TYPES
from django_provisioning.models import Account, Connection, Event, GroupLink, Identity, SessionIndex
from tests.admin.pages import MODELS, Browser, superuser, text_of, url_of
from tests.factories import make_connection, make_token
from tests.lifecycle.people import account_of, local_user, push, push_group
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

EVIL = "<script>alert('x')</script>"


def result_of(response: Any) -> list[Any]:
    """Give the listed rows."""
    return list(response.context["cl"].result_list)


def fill(connection: Connection, start: int, stop: int) -> None:
    """Push people, each with a group and a session, beside a connection with a token for each."""
    for number in range(start, stop):
        identity = push(connection, f"person{number}@example.com").identity
        push_group(connection, f"group {number}", identity)
        Client().force_login(identity.user)
        make_token(make_connection(f"tenant{number}"))


def test_lists_cost_the_same_for_3_and_30_rows() -> None:
    """No list asks the database once per row."""
    connection = make_connection("acme")
    browser = superuser()

    fill(connection, 0, 3)
    few = {model: measured(browser, model) for model in MODELS}
    fill(connection, 3, 30)
    many = {model: measured(browser, model) for model in MODELS}

    # A list of more than one page is counted as well.
    assert {model: queries + (many[model][1] == 50) for model, (queries, _) in few.items()} == {
        model: queries for model, (queries, _) in many.items()
    }
    assert max(queries for queries, _ in many.values()) <= 10
    assert all(rows < 20 for _, rows in few.values())
    assert all(rows > 20 for _, rows in many.values())


def measured(browser: Browser, model: str) -> tuple[int, int]:
    """Give the number of queries and of rows of a list."""
    browser.get(f"{model}_changelist")
    with CaptureQueriesContext(database) as queries:
        response = browser.get(f"{model}_changelist")
    return len(queries), len(result_of(response))


def test_list_counts_no_further_than_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large table is not counted to its end, and the page says that there is more."""
    monkeypatch.setattr(base.CappedPaginator, "cap", 2)
    for _number in range(3):
        make_connection()

    response = superuser().get("connection_changelist")

    assert response.context["cl"].result_count == 2
    assert "more than 2 connections" in text_of(response)


def test_list_below_the_cap_gives_the_number() -> None:
    """An exact count is given where it is cheap."""
    make_connection()

    assert "1 connection\n" in text_of(superuser().get("connection_changelist"))


def everything_of_one_person() -> dict[str, Any]:
    """Push a person and a group whose every text is markup, and give a row of each model."""
    connection = make_connection("acme", idp="okta")
    Connection.objects.filter(pk=connection.pk).update(name=EVIL)
    client = ScimClient(make_token(connection, name=EVIL))
    made = client.create_user(
        "ada@example.com", externalId=EVIL, displayName=EVIL, title=EVIL,
        name={"givenName": EVIL, "familyName": EVIL}, emails=[{"value": "ada@example.com", "type": EVIL}],
    )  # fmt: skip
    client.create_group(EVIL, made["id"])
    identity = Identity.objects.get()
    Client().force_login(identity.user)
    return {
        "connection": connection, "account": account_of(identity.user), "identity": identity,
        "grouplink": GroupLink.objects.get(), "sessionindex": SessionIndex.objects.get(user=identity.user),
        "event": Event.objects.get(type="account.created"),
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_page_escapes_what_an_idp_pushed(model: str) -> None:
    """Markup in names, ids and attributes is text on every list and page."""
    row = everything_of_one_person()[model]
    browser = superuser()

    pages = [text_of(browser.get(f"{model}_changelist")), text_of(browser.get(f"{model}_change", row.pk))]

    assert [page for page in pages if "<script>alert" in page] == []
    assert any("&lt;script&gt;" in page for page in pages)


@pytest.mark.parametrize("model", MODELS)
def test_page_has_no_inline_script_or_style(model: str) -> None:
    """A strict Content-Security-Policy needs no exception for these pages."""
    row = everything_of_one_person()[model]
    browser = superuser()

    pages = [text_of(browser.get(f"{model}_changelist")), text_of(browser.get(f"{model}_change", row.pk))]

    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)
    assert [inline.findall(page) for page in pages] == [[], []]


@pytest.mark.parametrize("model", ["identity", "grouplink", "sessionindex", "event"])
def test_read_only_page_takes_no_change(model: str) -> None:
    """Not even a superuser can add, change or delete what the lifecycle records."""
    row = everything_of_one_person()[model]
    before = type(row).objects.filter(pk=row.pk).values().get()
    browser = superuser()

    answers = [
        browser.get(f"{model}_add"), browser.post(f"{model}_add"), browser.post(f"{model}_change", row.pk),
        browser.get(f"{model}_delete", row.pk), browser.post(f"{model}_delete", row.pk, post="yes"),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [403] * 5
    assert type(row).objects.filter(pk=row.pk).values().get() == before


def test_session_key_is_never_shown_or_searched() -> None:
    """Whoever reads a session key is logged in as that person."""
    row = everything_of_one_person()["sessionindex"]
    browser = superuser()

    pages = [browser.get("sessionindex_changelist"), browser.get("sessionindex_change", row.pk)]
    guess = browser.get("sessionindex_changelist", query={"session_key__startswith": row.session_key[:1]})

    assert [page for page in pages if row.session_key in text_of(page)] == []
    assert guess.status_code == 400


def push_and_refuse() -> tuple[Connection, Connection]:
    """Give two connections: one that pushed Ada and let her go, one that only was made."""
    acme, globex = make_connection("acme"), make_connection("globex")
    client = ScimClient(make_token(acme))
    made = client.create_user("ada@example.com")
    client.request("PATCH", f"/Users/{made['id']}", {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }, X_Request_ID="req-4711")  # fmt: skip
    return acme, globex


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"type": "account.created"}, {"account.created"}),
        ({"phase__exact": "leaver"}, {"account.deactivated"}),
        ({"outcome__exact": "failure"}, set()),
        ({"correlation_id": "req-4711"}, {"account.deactivated"}),
        ({"q": "req-4711"}, {"account.deactivated"}),
        ({"q": "ada"}, {"account.created", "account.deactivated"}),
        ({"q": "nobody"}, set()),
        ({"q": " "}, {"connection.created", "token.issued", "account.created", "account.deactivated"}),
    ],
)
def test_event_list_filters(query: dict[str, str], types: set[str]) -> None:
    """Type, phase, outcome, correlation id and person narrow the trail."""
    push_and_refuse()

    response = superuser().get("event_changelist", query=query)

    assert {event.type for event in result_of(response)} == types


def test_event_list_filters_by_connection() -> None:
    """A tenant's events include the making of its connection."""
    acme, globex = push_and_refuse()
    browser = superuser()

    found = {
        row.slug: {
            event.type
            for event in result_of(browser.get("event_changelist", query={"connection__id__exact": row.pk}))
        }
        for row in (acme, globex)
    }

    assert found["globex"] == {"connection.created"}
    assert found["acme"] == {"connection.created", "token.issued", "account.created", "account.deactivated"}


def test_event_type_filter_knows_every_type_that_the_lifecycle_records() -> None:
    """A type missing in the filter could not be found; the source is the authority."""
    lifecycle = Path(django_provisioning.__file__).parent / "lifecycle"
    source = "\n".join(path.read_text() for path in lifecycle.rglob("*.py"))

    recorded = set(
        re.findall(
            r"\"((?:access|account|breaker|connection|group|privilege|request|token)\.[a-z_]+)\"", source
        )
    )

    assert recorded
    assert recorded - set(EVENT_TYPES) == set()


def test_event_page_shows_changes_and_effects_and_links_its_request() -> None:
    """Old and new values stand in a table; the correlation id leads to the other events of the request."""
    push_and_refuse()
    event = Event.objects.get(type="account.deactivated")

    page = text_of(superuser().get("event_change", event.pk))

    assert '<th scope="row">active</th><td>True</td><td>False</td>' in page
    assert f"{url_of('event_changelist')}?correlation_id=req-4711" in page
    assert '<th scope="row">everywhere</th><td>True</td>' in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"deleted": "yes"}, {"ada@example.com"}),
        ({"deleted": "no"}, {"grace@example.com"}),
        ({"q": "grace"}, {"grace@example.com"}),
        ({"active__exact": "1"}, {"grace@example.com"}),
        ({}, {"ada@example.com", "grace@example.com"}),
    ],
)
def test_identity_list_filters(query: dict[str, str], names: set[str]) -> None:
    """Tombstones can be told from the living."""
    client = ScimClient(make_token(make_connection()))
    client.delete(f"/Users/{client.create_user('ada@example.com')['id']}")
    client.create_user("grace@example.com")

    response = superuser().get("identity_changelist", query=query)

    assert {row.user_name for row in result_of(response)} == names


@pytest.mark.parametrize(
    ("term", "names"), [("ENG", {"Engineering"}), ("gineer", set()), (" ", {"Engineering", "Sales"})]
)
def test_group_list_is_searched_by_the_beginning_of_the_name(term: str, names: set[str]) -> None:
    """The index of the folded name answers, whatever the case."""
    connection = make_connection()
    push_group(connection, "Engineering")
    push_group(connection, "Sales")

    response = superuser().get("grouplink_changelist", query={"q": term})

    assert {row.display_name for row in result_of(response)} == names


def test_group_page_counts_the_members() -> None:
    """The number stands on the page, not the list of a million people."""
    connection = make_connection()
    people = [push(connection, f"{name}@example.com").identity for name in ("ada", "grace")]
    link = push_group(connection, "Engineering", *people)

    page = text_of(superuser().get("grouplink_change", link.pk))

    assert re.search(r"Members:</label>\s*<div class=\"readonly\">2</div>", page)


@pytest.mark.parametrize(("term", "count"), [("ada", 1), ("nobody", 0), (" ", 2)])
def test_session_list_is_searched_by_person(term: str, count: int) -> None:
    """Sessions of one person are found by the person's name."""
    identity = push(make_connection(), "ada@example.com").identity
    Client().force_login(identity.user)

    response = superuser().get("sessionindex_changelist", query={"q": term})

    assert len(result_of(response)) == count


def test_user_that_logged_in_can_still_be_deleted_on_its_own_page() -> None:
    """A session row is no reason to keep a local user."""
    user = local_user("temp")
    Client().force_login(user)
    admin_pages = user_admin_pages(user)
    if admin_pages is None:
        pytest.skip("this user model has no page in the admin")

    response = superuser().client.post(admin_pages, {"post": "yes"})

    assert response.status_code == 302
    assert not type(user).objects.filter(pk=user.pk).exists()


def test_user_that_a_connection_manages_cannot_be_deleted_behind_its_back() -> None:
    """The IdP would meet a 404 and make the person anew; offboarding is the way."""
    connection = make_connection()
    user = push(connection, "ada@example.com").identity.user
    admin_pages = user_admin_pages(user)
    if admin_pages is None:
        pytest.skip("this user model has no page in the admin")

    refused = superuser().client.post(admin_pages, {"post": "yes"})
    Connection.objects.filter(pk=connection.pk).update(enabled=False)
    allowed = superuser().client.post(admin_pages, {"post": "yes"})

    assert [refused.status_code, allowed.status_code] == [403, 302]
    assert not type(user).objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("model", [Account, Identity])
def test_row_that_a_connection_relies_on_may_not_go_along_with_its_user(model: type[Any]) -> None:
    """Account and identity each refuse, until the connection is disabled or the identity is a tombstone."""
    acme, globex = make_connection("acme"), make_connection("globex")
    managed, left_behind, gone = (
        push(connection, f"{name}@example.com").identity.user
        for connection, name in ((acme, "ada"), (globex, "grace"), (acme, "alan"))
    )
    Connection.objects.filter(pk=globex.pk).update(enabled=False)
    client = ScimClient(make_token(acme))
    client.delete(f"/Users/{gone.provisioning_identities.get().scim_id}")
    page: Any = admin.site.get_model_admin(model)

    answers = [page.may_go_along(model.objects.get(user=user)) for user in (managed, left_behind, gone)]

    assert answers == [False, True, True]


def user_admin_pages(user: Any) -> str | None:
    """Give the URL that deletes a user in the admin, where the project registered the user model."""
    if not admin.site.is_registered(type(user)):
        return None
    return reverse(f"admin:{user._meta.app_label}_{user._meta.model_name}_delete", args=[user.pk])
