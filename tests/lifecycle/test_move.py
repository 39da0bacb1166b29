"""Move: what the directory changes is written, and nothing else; names follow where they should."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_provisioning.exceptions import NotUnique
from django_provisioning.lifecycle import leave, rejoin
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Account, Event, Identity
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    account_of,
    event_types,
    events,
    fresh,
    group_names,
    local_user,
    login_of,
    on_locked,
    push,
    push_group,
    push_move,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Identity:
    """Somebody of a new connection."""
    return push(make_connection(), login_of("ada"), externalId="x-1", name={"givenName": "Ada"}).identity


def test_move_writes_what_differs_and_says_so(ada: Identity) -> None:
    """Identity and user follow; the event is a mover's, with old and new of each attribute."""
    outcome = push_move(
        ada, login_of("ada"), externalId="x-2", name={"givenName": "Augusta"}, title="Countess"
    )

    event = events("account.updated")[0]
    assert outcome.kind == "moved"
    assert outcome.event == event
    assert event.phase == Event.Phase.MOVER
    assert event.changes == {
        "externalId": {"old": "x-1", "new": "x-2"},
        "name": {"old": {"givenName": "Ada"}, "new": {"givenName": "Augusta"}},
        "title": {"old": None, "new": "Countess"},
    }
    assert fresh(ada).revision == ada.revision + 1
    assert fresh(ada.user).first_name == "Augusta"


def test_move_to_the_same_writes_no_event_and_no_revision(ada: Identity) -> None:
    """C30: a repeated request changes nothing but the time of the last contact."""
    before = fresh(ada)

    outcome = push_move(ada, login_of("ada"), externalId="x-1", name={"givenName": "Ada"})

    after = fresh(ada)
    assert outcome.kind == "unchanged"
    assert outcome.event is None
    assert (after.revision, after.updated_at) == (before.revision, before.updated_at)
    assert after.last_synced_at > before.last_synced_at
    assert event_types() == ["account.created"]


def test_move_names_the_columns_it_writes(ada: Identity) -> None:
    """SECURITY §0.5: an UPDATE of one attribute carries no column that somebody else may be changing."""
    with CaptureQueriesContext(
        database,
    ) as queries:
        push_move(ada, login_of("ada"), externalId="x-1", name={"givenName": "Augusta"})

    table = user_map().model._meta.db_table
    updates = [
        query["sql"] for query in queries if query["sql"].startswith("UPDATE") and table in query["sql"][:60]
    ]
    assert len(updates) == 1
    assert "first_name" in updates[0]
    assert not any(name in updates[0] for name in ("is_active", "password", "is_staff", "last_name"))


@pytest.mark.parametrize("attribute", ["userName", "externalId"])
def test_move_to_a_taken_key_is_refused(ada: Identity, attribute: str) -> None:
    """Both keys stay unique in the connection; the refused one keeps everything."""
    push(ada.connection, login_of("bob"), externalId="x-2")
    values = {"userName": login_of("ada"), "externalId": "x-1", attribute: {"userName": login_of("BOB"),
              "externalId": "x-2"}[attribute]}  # fmt: skip

    with pytest.raises(NotUnique):
        push_move(ada, values["userName"], externalId=values["externalId"])

    assert (fresh(ada).user_name, fresh(ada).external_id) == (login_of("ada"), "x-1")
    assert event_types() == ["account.created", "account.created"]


def test_move_of_the_user_name_renames_the_login(ada: Identity) -> None:
    """A login name that was made from the userName follows it."""
    push_move(ada, login_of("ada.king"), externalId="x-1")

    assert fresh(ada.user).get_username() == login_of("ada.king")


@pytest.mark.parametrize("name", ["ADA", "Ada"])
def test_move_of_the_user_name_to_another_case_renames_the_login(ada: Identity, name: str) -> None:
    """Its own name in another spelling is not taken by itself, on no collation."""
    push_move(ada, login_of(name), externalId="x-1")

    assert fresh(ada).user_name == login_of(name)
    assert fresh(ada.user).get_username() == login_of(name)


def test_move_of_a_suffixed_person_takes_the_plain_name_when_free() -> None:
    """Somebody who got a suffix for a clash is renamed to the plain new name."""
    push(make_connection(), login_of("ada"))
    identity = push(make_connection(), login_of("ada")).identity

    push_move(identity, login_of("ada.king"))

    assert fresh(identity.user).get_username() == login_of("ada.king")


def test_move_to_a_name_of_another_tenant_gets_the_suffix(ada: Identity) -> None:
    """The other tenant's name is no conflict and is not taken."""
    theirs = push(make_connection(), login_of("bob")).identity

    push_move(ada, login_of("bob"), externalId="x-1")

    assert fresh(ada).user_name == login_of("bob")
    assert ada.connection.slug in fresh(ada.user).get_username()
    assert fresh(theirs.user).get_username() == login_of("bob")


def test_move_keeps_the_login_name_of_a_linked_account() -> None:
    """A login name that no push made stays: people know it."""
    user = local_user("countess")
    connection = make_connection(linking="trusted")
    identity = push(connection, login_of("countess")).identity
    type(user).objects.filter(pk=user.pk).update(**{user_map().login_field: login_of("lovelace")})

    push_move(identity, login_of("ada.king"))

    assert identity.user_id == user.pk
    assert fresh(user).get_username() == login_of("lovelace")
    assert fresh(identity).user_name == login_of("ada.king")


def test_move_of_a_very_long_user_name_gets_a_login_that_fits() -> None:
    """What the field cannot hold is cut with a mark, and two long names stay two."""
    limit = user_map().login_max_length()
    connection = make_connection()
    one = push(connection, "a" * 250 + "1").identity
    other = push(connection, "a" * 250 + "2").identity

    names = [fresh(identity.user).get_username() for identity in (one, other)]

    assert all(len(name) <= limit for name in names)
    assert len(set(names)) == 2
    assert fresh(one).user_name == "a" * 250 + "1"


def test_move_to_inactive_is_a_leave_and_back_a_rejoin(ada: Identity) -> None:
    """States, events and phases of both; the attributes of the same request are written too."""
    left = push_move(ada, login_of("ada"), externalId="x-1", active=False, title="Late")
    state_between = account_of(ada.user).state, fresh(ada.user).is_active

    back = push_move(ada, login_of("ada"), externalId="x-1", active=True, title="Countess")

    assert (left.kind, back.kind) == ("left", "rejoined")
    assert state_between == (Account.State.DEPROVISIONED, False)
    assert (account_of(ada.user).state, fresh(ada.user).is_active) == (Account.State.ACTIVE, True)
    leaver, joiner = events("account.deactivated", "account.reinstated")
    assert (leaver.phase, joiner.phase) == (Event.Phase.LEAVER, Event.Phase.JOINER)
    assert leaver.changes["active"] == {"old": True, "new": False}
    assert leaver.changes["title"] == {"old": None, "new": "Late"}
    assert joiner.changes["active"] == {"old": False, "new": True}


def test_move_of_a_suspended_account_does_not_open_it(ada: Identity) -> None:
    """What an administrator suspended stays so: the push is written, the event says skipped."""
    _suspend(ada)

    push_move(ada, login_of("ada"), externalId="x-1", active=True, title="Countess")

    event = events("account.activated")[0]
    assert not fresh(ada.user).is_active
    assert account_of(ada.user).state == Account.State.SUSPENDED
    assert fresh(ada).attributes["title"] == "Countess"
    assert (event.outcome, event.reason) == (Event.Outcome.SKIPPED, "suspended_by_administrator")


def test_put_of_inactive_for_a_suspended_account_may_be_an_echo(ada: Identity) -> None:
    """The IdP reads inactive and writes back what it read: that alone does not say that the person left."""
    _suspend(ada)

    outcome = push_move(ada, login_of("ada"), externalId="x-1", active=False)

    assert (outcome.kind, fresh(ada).active) == ("moved", True)


def test_suspension_survives_delete_and_return(ada: Identity) -> None:
    """A directory cannot undo an administrator's suspension by deleting and pushing again."""
    _suspend(ada)
    on_locked(ada, leave.delete)

    outcome = push(ada.connection, login_of("ada"), externalId="x-1")

    assert outcome.identity.user_id == ada.user_id
    assert not fresh(ada.user).is_active


def _suspend(identity: Identity) -> None:
    """What an administrator's suspension leaves in the tables."""
    type(identity.user).objects.filter(pk=identity.user_id).update(is_active=False)
    Account.objects.filter(user=identity.user_id).update(state=Account.State.SUSPENDED)


def test_offboarding_by_an_administrator_ends_everything_and_reinstating_opens(ada: Identity) -> None:
    """N16: the same end for any source; the reason and the admin stand in the events."""
    push_group(ada.connection, "engine", ada)
    context = make_context()

    leave.offboard(context, fresh(ada.user), reason="left the company")
    ended = fresh(ada.user).is_active, fresh(ada).active, account_of(ada.user).state, group_names(ada.user)
    rejoin.reinstate(context, fresh(ada.user), reason="a mistake")

    assert ended == (False, False, Account.State.DEPROVISIONED, [])
    assert (fresh(ada.user).is_active, fresh(ada).active) == (True, True)
    assert account_of(ada.user).state == Account.State.ACTIVE
    assert group_names(ada.user) == []
    last = events("account.deactivated", "account.reinstated")
    assert [(event.reason, event.actor_type) for event in last] == [
        ("left the company", "command"),
        ("a mistake", "command"),
    ]
    assert last[0].effects["groups_removed"] == ["engine"]


def test_offboarding_reaches_accounts_that_no_connection_knows() -> None:
    """N16: manual accounts, staff and superusers too: the act is an administrator's."""
    user = local_user("root", password="Longest-0ne", is_superuser=True, is_staff=True)

    event = leave.offboard(make_context(), user, reason="left")

    assert event is not None
    assert not fresh(user).is_active
    assert not fresh(user).has_usable_password()
    assert event.effects["password_removed"] is True
    assert account_of(user).origin in (Account.Origin.UNKNOWN, Account.Origin.MANUAL)


def test_offboarded_person_is_not_reopened_by_an_unrelated_push(ada: Identity) -> None:
    """The directory reads active=false, and a change of something else leaves it so."""
    leave.offboard(make_context(), fresh(ada.user), reason="left")

    push_move(ada, login_of("ada"), externalId="x-1", title="Countess", active=False)

    assert not fresh(ada.user).is_active
    assert fresh(ada).attributes == {"title": "Countess"}
