"""Staff, superusers and break-glass accounts are out of a directory's reach, on every path that writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.exceptions import ProtectedAccount
from django_provisioning.lifecycle import leave, memberships
from django_provisioning.models import Account, Event, Identity
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import (
    events,
    fresh,
    group_names,
    jit_identity,
    login_of,
    on_locked,
    push,
    push_group,
    push_move,
)
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

KINDS = ["staff", "superuser", "break_glass"]


def protect(identity: Identity, kind: str) -> None:
    """Make an account one of the protected kinds."""
    if kind == "break_glass":
        Account.objects.filter(user=identity.user).update(kind=Account.Kind.BREAK_GLASS)
    else:
        get_user_model().objects.filter(pk=identity.user_id).update(**{f"is_{kind}": True})


def change(identity: Identity) -> Any:
    """PUT other attributes."""
    return push_move(identity, login_of("ada"), title="Intern")


def rename(identity: Identity) -> Any:
    """PUT another userName."""
    return push_move(identity, login_of("mallory"))


def readdress(identity: Identity) -> Any:
    """PUT another e-mail address, the first half of a takeover by password reset."""
    return push_move(identity, login_of("ada"), emails=[{"value": "mallory@example.com"}])


def deactivate(identity: Identity) -> Any:
    """PUT inactive."""
    return push_move(identity, login_of("ada"), active=False)


def delete(identity: Identity) -> Any:
    """DELETE."""
    return on_locked(identity, leave.delete)


WRITES = [change, rename, readdress, deactivate, delete]


def columns(user: Any) -> dict[str, Any]:
    """Read every column of a user."""
    return {field.attname: getattr(fresh(user), field.attname) for field in user._meta.concrete_fields}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("write", WRITES)
def test_write_to_a_protected_account_is_refused(kind: str, write: Callable[[Identity], Any]) -> None:
    """DESIGN §7: never changed and never locked out; the row, the identity and the trail are as before."""
    identity = push(make_connection(), login_of("ada")).identity
    protect(identity, kind)
    before, revision = columns(identity.user), fresh(identity).revision

    with pytest.raises(ProtectedAccount):
        write(identity)

    assert columns(identity.user) == before
    assert fresh(identity).revision == revision
    assert fresh(identity).live
    assert [event.type for event in events()] == ["account.created"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("write", WRITES)
def test_write_to_a_protected_account_is_done_where_the_connection_may(
    kind: str, write: Callable[[Identity], Any]
) -> None:
    """manages_privileged is the one switch, and it opens every path."""
    identity = push(make_connection(manages_privileged=True), login_of("ada")).identity
    protect(identity, kind)

    write(identity)

    assert len(events()) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_adoption_of_a_protected_account_is_refused(kind: str) -> None:
    """A login-made account that became privileged does not come under the directory's care."""
    connection = make_connection()
    identity = jit_identity(connection, login_of("ada"))
    protect(identity, kind)

    with pytest.raises(ProtectedAccount):
        push(connection, login_of("ada"))

    assert not fresh(identity).scim_managed


@pytest.mark.parametrize("kind", KINDS)
def test_return_of_a_protected_account_is_refused(kind: str) -> None:
    """Somebody who was deleted and is privileged by now is not re-activated by a POST."""
    connection = make_connection()
    identity = push(connection, login_of("ada"), externalId="x-1").identity
    on_locked(identity, leave.delete)
    protect(identity, kind)

    with pytest.raises(ProtectedAccount):
        push(connection, login_of("ada"), externalId="x-1")

    assert not fresh(identity.user).is_active


@pytest.mark.parametrize("kind", KINDS)
def test_group_push_does_not_reach_a_protected_account(kind: str) -> None:
    """SECURITY §1 row 21: one policy for /Users and /Groups: no group is given to, or taken from, such people."""
    connection = make_connection()
    identity = push(connection, login_of("ada")).identity
    link = push_group(connection, "engine")
    protect(identity, kind)

    memberships.add(link, [identity.scim_id])

    assert group_names(identity.user) == []


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser", "isStaff", "is_active", "user_permissions"])
def test_push_reaches_no_flag_of_the_user(flag: str) -> None:
    """SECURITY §0.8: what grants rights in Django has no name in a push."""
    outcome = push(make_connection(), login_of("ada"), **{flag: True})

    user = fresh(outcome.identity.user)
    assert not user.is_staff
    assert not user.is_superuser
    assert flag not in fresh(outcome.identity).attributes


def test_refused_write_leaves_an_event_although_it_was_rolled_back() -> None:
    """An administrator sees that a directory tried; the client gets 403 and nothing of the reason's rows."""
    connection = make_connection()
    identity = push(connection, login_of("ada")).identity
    protect(identity, "superuser")
    client = ScimClient(make_token(connection))

    answer = client.delete(f"/Users/{identity.scim_id}")

    event = Event.objects.get(type="request.refused")
    assert answer.status_code == 403
    assert (event.outcome, event.reason) == (Event.Outcome.FAILURE, "protected_account")
    assert event.actor_type == "scim"


def test_administrator_offboards_a_protected_account() -> None:
    """The protection is against directories, not against the people who run the application."""
    identity = push(make_connection(), login_of("ada")).identity
    protect(identity, "staff")

    leave.offboard(make_context(), fresh(identity.user), reason="left")

    assert not fresh(identity.user).is_active
