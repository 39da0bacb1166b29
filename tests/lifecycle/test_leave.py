"""Leave: access ends wholly, or only that of one tenant; what others granted stays theirs."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete

from django_provisioning.exceptions import UnknownResource
from django_provisioning.lifecycle import leave
from django_provisioning.lifecycle.link import link
from django_provisioning.models import Account, Connection, Event, GroupLink, Identity, SessionIndex
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    account_of,
    add_by_hand,
    event_types,
    events,
    fresh,
    group_names,
    jit_identity,
    make_group,
    on_locked,
    push,
    push_group,
    push_move,
    user_changes,
)

pytestmark = pytest.mark.django_db


def shared(user: Any, connection: Connection, user_name: str) -> Identity:
    """Give a person an identity of a second tenant, as an administrator's link does."""
    return link(make_context(connection), user, user_changes(user_name)).identity


def index_session(user: Any, key: str, connection: Connection | None) -> None:
    """Note a session that came through a connection."""
    now = make_context().now
    SessionIndex.objects.create(
        user=user, session_key=key, connection=connection, created_at=now, last_seen_at=now
    )


def sessions_of(user: Any) -> list[str]:
    """Give the keys of the sessions that are still indexed."""
    return sorted(SessionIndex.objects.filter(user=user).values_list("session_key", flat=True))


def test_leave_ends_access_and_counts_it() -> None:
    """C16: inactive, hash rotated, sessions and owned groups gone, the account stamped, one event with the counts."""
    connection = make_connection()
    identity = push(connection, "ada").identity
    push_group(connection, "engine", identity)
    index_session(identity.user, "one", connection)
    index_session(identity.user, "two", None)
    hash_before = fresh(identity.user).get_session_auth_hash()

    outcome = push_move(identity, "ada", active=False)

    user, account = fresh(identity.user), account_of(identity.user)
    event = events("account.deactivated")[0]
    assert not user.is_active
    assert user.get_session_auth_hash() != hash_before
    assert (account.state, account.access_valid_after) == (Account.State.DEPROVISIONED, event.occurred_at)
    assert sessions_of(user) == []
    assert group_names(user) == []
    assert outcome.event == event
    assert event.effects == {"everywhere": True, "groups_removed": ["engine"], "sessions": 2}
    assert GroupLink.objects.get().revision == 3


def test_leave_removes_a_local_password_and_says_so() -> None:
    """The person knows the password: it opens nothing any more, and the event tells."""
    identity = push(make_connection(), "ada").identity
    identity.user.set_password("Longest-0ne")
    identity.user.save()

    push_move(identity, "ada", active=False)

    assert not fresh(identity.user).has_usable_password()
    assert events("account.deactivated")[0].effects["password_removed"] is True


def test_leave_keeps_groups_that_an_administrator_gave() -> None:
    """Only groups that the connection owns are withdrawn; a manual Django group is nobody's business."""
    connection = make_connection()
    identity, other = push(connection, "ada").identity, push(connection, "bob").identity
    push_group(connection, "engine", identity, other)
    make_group("by hand", identity.user)

    push_move(identity, "ada", active=False)

    assert group_names(identity.user) == ["by hand"]
    assert group_names(other.user) == ["engine"]


def test_leave_withdraws_a_membership_that_was_made_by_hand_in_an_owned_group() -> None:
    """The connection answers for its whole group, whoever put the person there."""
    connection = make_connection()
    identity = push(connection, "ada").identity
    link_ = push_group(connection, "engine")
    add_by_hand(identity.user, link_.group)

    push_move(identity, "ada", active=False)

    assert group_names(identity.user) == []


def test_rejoin_gives_no_group_back() -> None:
    """N20: nothing returns by itself; the directory grants anew what it wants granted."""
    connection = make_connection()
    identity = push(connection, "ada").identity
    push_group(connection, "engine", identity)

    push_move(identity, "ada", active=False)
    push_move(identity, "ada", active=True)

    assert fresh(identity.user).is_active
    assert group_names(identity.user) == []


def test_delete_leaves_a_tombstone() -> None:
    """The user stays, the id is gone, the name is free, nobody looks after the account."""
    connection = make_connection()
    identity = push(connection, "ada", externalId="x-1").identity

    event = on_locked(identity, leave.delete)

    tombstone, account = fresh(identity), account_of(identity.user)
    assert (tombstone.live, tombstone.active, tombstone.deleted_at) == (None, False, event.occurred_at)
    assert (account.state, account.managed_by) == (Account.State.DELETED, Account.ManagedBy.NONE)
    assert not fresh(identity.user).is_active
    assert (event.type, event.phase) == ("account.deleted", Event.Phase.LEAVER)
    with pytest.raises(UnknownResource):
        on_locked(identity, leave.delete)


def test_delete_with_erasure_removes_the_user_and_keeps_the_trail() -> None:
    """delete_mode erase: the row goes, the events speak on (N26)."""
    identity = push(make_connection(delete_mode="erase"), "ada").identity
    subject = str(identity.user_id)

    on_locked(identity, leave.delete)

    assert not get_user_model().objects.exists()
    assert not Identity.objects.exists()
    assert event_types() == ["account.created", "account.erased"]
    assert {event.subject_id for event in events()} == {subject}
    assert events()[-1].phase == Event.Phase.LEAVER


def test_delete_with_erasure_spares_a_person_of_another_tenant() -> None:
    """Somebody else still vouches for the person: only this connection's access ends."""
    identity = push(make_connection(delete_mode="erase"), "ada").identity
    shared(identity.user, make_connection(), "ada")

    event = on_locked(identity, leave.delete)

    assert fresh(identity.user).is_active
    assert event.type == "account.deleted"


def test_delete_with_erasure_that_the_project_forbids_still_ends_access() -> None:
    """Rows that protect the user (PROTECT) stop the erasure, never the leave."""
    identity = push(make_connection(delete_mode="erase"), "ada").identity

    def protect(instance: Any, **_: Any) -> None:
        raise ProtectedError("Invoices protect this user.", {instance})

    pre_delete.connect(protect, sender=get_user_model())
    try:
        event = on_locked(identity, leave.delete)
    finally:
        pre_delete.disconnect(protect, sender=get_user_model())

    assert not fresh(identity.user).is_active
    assert fresh(identity).live is None
    assert event.type == "account.deleted"
    assert event.effects["erasure_refused"] is True


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_leave_of_one_tenant_ends_only_its_access(verb: str) -> None:
    """DESIGN §5: another live identity vouches for the person, so groups and sessions of this one end, no more."""
    one, other = make_connection(), make_connection()
    identity = push(one, "ada").identity
    user = identity.user
    second = shared(user, other, "ada")
    push_group(one, "one's", identity)
    push_group(other, "other's", second)
    index_session(user, "by one", one)
    index_session(user, "by other", other)
    hash_before = fresh(user).get_session_auth_hash()

    if verb == "delete":
        on_locked(identity, leave.delete)
    else:
        push_move(identity, "ada", active=False)

    assert fresh(user).is_active
    assert fresh(user).get_session_auth_hash() == hash_before
    assert account_of(user).state == Account.State.ACTIVE
    assert group_names(user) == ["other's"]
    assert sessions_of(user) == ["by other"]
    assert not fresh(identity).active
    assert fresh(second).active
    event = events("account.deactivated", "account.deleted")[0]
    assert event.effects.get("everywhere", False) is False
    assert (event.effects["groups_removed"], event.effects["sessions"]) == (["one's"], 1)


def test_leave_of_the_last_tenant_deactivates() -> None:
    """When nobody vouches any more, all access ends."""
    one, other = make_connection(), make_connection()
    identity = push(one, "ada").identity
    second = shared(identity.user, other, "ada")
    push_group(other, "other's", second)
    index_session(identity.user, "by nobody", None)

    push_move(identity, "ada", active=False)
    active_between = fresh(identity.user).is_active
    push_move(second, "ada", active=False)

    assert active_between
    assert not fresh(identity.user).is_active
    assert group_names(identity.user) == []
    assert sessions_of(identity.user) == []
    assert account_of(identity.user).state == Account.State.DEPROVISIONED


def test_leave_after_a_delete_elsewhere_deactivates() -> None:
    """A tombstone of another tenant vouches for nobody."""
    one, other = make_connection(), make_connection()
    identity = push(one, "ada").identity
    second = shared(identity.user, other, "ada")

    on_locked(second, leave.delete)
    push_move(identity, "ada", active=False)

    assert not fresh(identity.user).is_active


def test_leave_by_scim_while_a_login_of_another_tenant_vouches() -> None:
    """A login-made identity of another connection is a live one too."""
    identity = push(make_connection(), "ada").identity
    jit_identity(make_connection(), "ada", user=identity.user)

    on_locked(identity, leave.delete)

    assert fresh(identity.user).is_active
    assert account_of(identity.user).managed_by == Account.ManagedBy.SSO
