"""The pages that end a connection and that end sessions: who may, what they show, what they do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from django_provisioning.models import Connection, Event, Leave, SessionIndex
from tests.admin.pages import Browser, connection_fields, messages_of, superuser, text_of
from tests.factories import make_connection, make_token
from tests.lifecycle.people import account_of, fresh, push

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    """Give a connection with two people, one of them logged in, and a token."""
    connection = make_connection("acme")
    make_token(connection)
    ada = push(connection, "ada@example.com").identity
    push(connection, "bob@example.com")
    Client().force_login(ada.user)
    SessionIndex.objects.update(connection=connection)
    return connection


def is_in(connection: Connection) -> list[bool]:
    """Whether its people are active, in their order."""
    return [fresh(one.user).is_active for one in connection.identities.select_related("user").order_by("pk")]


def test_page_counts_whom_the_end_concerns(acme: Connection) -> None:
    """Nobody decides without the number."""
    page = text_of(superuser().get("connection_end", acme.pk))

    assert "2 people have access through it, 2 of them through nothing else; 1 sessions" in page
    assert "1 of its tokens" in page
    assert is_in(acme) == [True, True]


def test_end_with_keep_disables_and_says_so(acme: Connection) -> None:
    """No number has to be typed where nobody loses access."""
    superuser().post("connection_end", acme.pk, accounts="keep", reason="contract ended")

    assert not fresh(acme).enabled
    assert is_in(acme) == [True, True]
    assert Event.objects.get(type="connection.disabled").actor_type == "admin"


@pytest.mark.parametrize("typed", ["", "1", "3"])
def test_end_of_access_needs_the_number_of_people(acme: Connection, typed: str) -> None:
    """A slip of the mouse offboards nobody."""
    page = superuser().post(
        "connection_end", acme.pk, accounts="offboard", reason="contract ended", confirmed_count=typed
    )

    assert "This is not the number of people" in text_of(page)
    assert fresh(acme).enabled
    assert is_in(acme) == [True, True]


def test_end_with_offboard_ends_access(acme: Connection) -> None:
    """The administrator stands in the events and the way in the record."""
    browser = superuser()

    answer = browser.post(
        "connection_end", acme.pk, accounts="offboard", reason="contract ended", confirmed_count="2"
    )

    assert is_in(acme) == [False, False]
    assert {one.path for one in Leave.objects.all()} == {Leave.Path.CONNECTION}
    assert {event.actor_id for event in Event.objects.filter(type="account.deactivated")} == {
        str(browser.person.pk)
    }
    assert messages_of(answer)[-1].startswith(
        "The connection ended. Access ended for 2, in part for 0; 0 left alone."
    )


def test_deletion_leads_to_the_list(acme: Connection) -> None:
    """The page of the connection is not there any more."""
    answer = superuser().post("connection_end", acme.pk, accounts="keep", reason="gone", delete="on")

    assert answer.status_code == 302
    assert answer.url.endswith("/connection/")
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "manages_privileged", "status"),
    [
        (("change_connection", "offboard_account"), False, 200),
        (("change_connection",), False, 403),
        (("view_connection", "offboard_account"), False, 403),
        (("change_connection", "offboard_account"), True, 403),
    ],
)
def test_end_needs_both_permissions(
    acme: Connection, permissions: tuple[str, ...], manages_privileged: bool, status: int
) -> None:
    """Whoever may change policies may not offboard everybody by it; staff is a superuser's business."""
    Connection.objects.filter(pk=acme.pk).update(manages_privileged=manages_privileged)
    browser = Browser(*permissions)

    page, form = browser.get("connection_end", acme.pk), browser.get("connection_change", acme.pk)

    assert page.status_code == status
    assert ("End this connection…" in text_of(form)) == (status == 200)


def test_form_that_disables_says_what_stays_open(acme: Connection) -> None:
    """The plain form keeps everybody, and does not let it pass for an end."""
    fields = connection_fields(name=acme.name, slug=acme.slug)
    fields.pop("enabled", None)

    answer = superuser().post("connection_change", acme.pk, **fields)

    assert not fresh(acme).enabled
    assert any("2 people keep their access, 1 sessions stay open" in text for text in messages_of(answer))


def test_form_sets_the_required_group(acme: Connection) -> None:
    """The group rule is a policy like the others; empty is none."""
    fields = connection_fields(name=acme.name, slug=acme.slug)
    superuser().post("connection_change", acme.pk, **fields, required_group="Staff")
    required = fresh(acme).required_group
    superuser().post("connection_change", acme.pk, **fields, required_group="")

    assert (required, fresh(acme).required_group) == ("Staff", None)


@pytest.mark.parametrize("by", ["list", "page"])
def test_sessions_of_an_account_are_revoked_and_it_stays_active(acme: Connection, by: str) -> None:
    """CLAIMS, session-only paths: the cookie is dead on the next request, the person may log in again."""
    account = account_of(acme.identities.order_by("pk").first().user)  # type: ignore[union-attr]
    person = fresh(account.user)
    cookie = Client()
    cookie.force_login(person)
    fields: dict[str, Any] = {"confirmed": "1", "reason": "lost laptop"}
    if by == "list":
        action = {"action": "sign_out", "_selected_action": [account.pk]}
        superuser().post("account_changelist", **action, **fields)
    else:
        superuser().post("account_sign_out", account.pk, **fields)

    assert fresh(person).is_active
    assert not SessionIndex.objects.filter(user=person).exists()
    assert not cookie.get("/admin/").wsgi_request.user.is_authenticated
    event = Event.objects.get(type="session.revoked")
    assert (event.reason, event.actor_type) == ("lost laptop", "admin")
    assert not Leave.objects.exists()


def test_button_for_sessions_is_offered_while_the_account_is_active(acme: Connection) -> None:
    """Who has left has no session that this would end."""
    account = account_of(acme.identities.order_by("pk").first().user)  # type: ignore[union-attr]
    browser = superuser()
    before = text_of(browser.get("account_change", account.pk))
    browser.post("account_offboard", account.pk, confirmed="1", reason="left")
    after = text_of(browser.get("account_change", account.pk))

    assert "Revoke sessions…" in before
    assert "Revoke sessions…" not in after
