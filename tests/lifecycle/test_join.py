"""Join: who gets a new account, who gets the old one back, and what is recorded of it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.exceptions import NotUnique
from django_provisioning.lifecycle import leave
from django_provisioning.lifecycle.correlation import Match, correlate
from django_provisioning.lifecycle.join import join
from django_provisioning.lifecycle.outcome import Outcome
from django_provisioning.models import Account, Event
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    account_of,
    event_types,
    events,
    fresh,
    group_names,
    jit_identity,
    login_of,
    on_locked,
    push,
    push_group,
    push_move,
    user_changes,
)

pytestmark = pytest.mark.django_db


def returned(outcome: Outcome) -> tuple[str, str, str]:
    """Give what became of the account: the verb, its state, its management."""
    account = account_of(outcome.identity.user)
    return outcome.kind, account.state, account.managed_by


def test_join_of_a_stranger_makes_user_account_and_identity() -> None:
    """C19: one user, one account of origin scim, one identity; nothing privileged, no password."""
    connection = make_connection()

    outcome = push(connection, login_of("ada"), externalId="x-1", name={"givenName": "Ada"})

    user = fresh(outcome.identity.user)
    assert returned(outcome) == ("created", Account.State.ACTIVE, Account.ManagedBy.SCIM)
    assert account_of(user).origin == Account.Origin.SCIM
    assert (user.get_username(), user.first_name, user.is_active) == (login_of("ada"), "Ada", True)
    assert not user.has_usable_password()
    assert not user.is_staff
    assert not user.is_superuser
    assert (outcome.identity.scim_managed, outcome.identity.external_id) == (True, "x-1")


def test_join_inactive_is_staged_until_the_directory_activates() -> None:
    """C5: an account can stand ready before the first day, and no login is needed for any of it (C11)."""
    outcome = push(make_connection(), "ada", active=False)
    staged = returned(outcome), fresh(outcome.identity.user).is_active

    moved = push_move(outcome.identity, "ada", active=True)

    assert staged == (("created", Account.State.STAGED, Account.ManagedBy.SCIM), False)
    assert returned(moved) == ("rejoined", Account.State.ACTIVE, Account.ManagedBy.SCIM)
    assert fresh(outcome.identity.user).is_active
    assert fresh(outcome.identity.user).last_login is None
    assert event_types() == ["account.created", "account.activated"]


def test_join_event_says_what_was_pushed_and_by_whom() -> None:
    """Type, phase, actor, subject, changes, what was ignored, and the correlation id."""
    connection = make_connection()
    context = make_context(connection)
    context = type(context)(
        context.actor, context.now, connection, correlation_id="request-7", batch_id="batch-1", ip="192.0.2.7"
    )

    outcome = join(context, user_changes(login_of("ada"), title="Countess"), ignored=["shoeSize"])

    event = Event.objects.get(type="account.created")
    assert event == outcome.event
    assert (event.phase, event.outcome) == (Event.Phase.JOINER, Event.Outcome.SUCCESS)
    assert (event.actor_type, event.actor_id) == ("command", "test")
    assert (event.connection, event.connection_slug) == (connection, connection.slug)
    assert (event.subject_type, event.subject_id) == ("user", str(outcome.identity.user_id))
    assert (event.subject_label, event.scim_id) == (login_of("ada"), outcome.identity.scim_id)
    assert event.changes["title"] == {"old": None, "new": "Countess"}
    assert event.changes["userName"] == {"old": None, "new": login_of("ada")}
    assert event.effects == {"ignored": ["shoeSize"]}
    assert (event.correlation_id, event.batch_id, event.ip) == ("request-7", "batch-1", "192.0.2.7")
    assert event.occurred_at == context.now


@pytest.mark.parametrize(
    ("user_name", "external_id", "names"),
    [
        ("ada", "other", "userName"),
        ("ADA", None, "userName"),
        ("Ａda", None, "userName"),
        ("bob", "x-1", "externalId"),
    ],
)
def test_join_of_somebody_present_is_refused(user_name: str, external_id: str | None, names: str) -> None:
    """UserName in any spelling and externalId are each unique in the connection; the text says which."""
    connection = make_connection()
    push(connection, "ada", externalId="x-1")

    more = {} if external_id is None else {"externalId": external_id}
    with pytest.raises(NotUnique, match=names):
        push(connection, user_name, **more)

    assert get_user_model().objects.count() == 1
    assert event_types() == ["account.created"]


def test_join_with_an_external_id_in_another_case_is_another_person() -> None:
    """ExternalId is caseExact (RFC 7643 §3.1)."""
    connection = make_connection()

    one, other = (
        push(connection, "ada", externalId="X").identity,
        push(connection, "bob", externalId="x").identity,
    )

    assert one.user_id != other.user_id


def test_join_of_a_login_made_account_adopts_it() -> None:
    """C31: same primary key, same SCIM id, origin kept; managed by both from now on."""
    connection = make_connection()
    identity = jit_identity(connection, "ada")

    outcome = push(connection, "ada", externalId="x-1", name={"givenName": "Ada"})

    assert returned(outcome) == ("adopted", Account.State.ACTIVE, Account.ManagedBy.SCIM_SSO)
    assert outcome.identity.pk == identity.pk
    assert outcome.identity.scim_id == identity.scim_id
    assert account_of(identity.user).origin == Account.Origin.JIT_OIDC
    adopted = fresh(identity)
    assert (adopted.scim_managed, adopted.external_id, adopted.subject) == (True, "x-1", "subject of ada")
    assert fresh(identity.user).first_name == "Ada"
    assert event_types()[0] == "account.adopted"


def test_join_that_adopts_as_inactive_is_a_leave() -> None:
    """A POST with active=false revokes as a PATCH would: sessions, groups and password end."""
    connection = make_connection()
    identity = jit_identity(connection, "ada")
    hash_before = identity.user.get_session_auth_hash()

    outcome = push(connection, "ada", active=False)

    user = fresh(identity.user)
    assert returned(outcome)[1] == Account.State.DEPROVISIONED
    assert not user.is_active
    assert user.get_session_auth_hash() != hash_before
    assert event_types() == ["account.adopted", "account.deactivated"]


def test_join_after_delete_returns_the_person_under_a_new_id() -> None:
    """Same Django user and history, a new SCIM id; groups do not come back by themselves."""
    connection = make_connection()
    first = push(connection, "ada", externalId="x-1").identity
    push_group(connection, "engine", first)
    on_locked(first, leave.delete)

    outcome = push(connection, "ada", externalId="x-1", title="Countess")

    assert returned(outcome) == ("rejoined", Account.State.ACTIVE, Account.ManagedBy.SCIM)
    assert outcome.identity.user_id == first.user_id
    assert outcome.identity.scim_id != first.scim_id
    assert fresh(first.user).is_active
    assert group_names(first.user) == []
    event = events("account.reinstated")[-1]
    assert event.effects["former_scim_id"] == first.scim_id
    assert fresh(first).live is None


@pytest.mark.parametrize(
    ("user_name", "attributes"),
    [("ada", {}), ("ADA", {"externalId": "x-1"}), ("ada.king", {"externalId": "x-1"})],
    ids=["name only", "other spelling", "other name, same external id"],
)
def test_join_after_delete_knows_the_person_by_either_key(user_name: str, attributes: dict[str, str]) -> None:
    """The same externalId, or the same userName with no contradicting externalId."""
    connection = make_connection()
    first = push(connection, "ada", externalId="x-1").identity
    on_locked(first, leave.delete)

    outcome = push(connection, user_name, **attributes)

    assert outcome.kind == "rejoined"
    assert outcome.identity.user_id == first.user_id


def test_join_with_a_recycled_name_is_another_person() -> None:
    """Names are recycled, external ids are not: the newcomer inherits nothing."""
    connection = make_connection()
    first = push(connection, "ada", externalId="x-1").identity
    on_locked(first, leave.delete)

    outcome = push(connection, "ada", externalId="x-2")

    assert outcome.kind == "created"
    assert outcome.identity.user_id != first.user_id
    assert outcome.identity.user_name == "ada"
    assert fresh(outcome.identity.user).get_username() != fresh(first.user).get_username()
    assert not fresh(first.user).is_active


def test_join_after_delete_prefers_the_latest_departure_of_the_person() -> None:
    """Of several tombstones with the name the newest that is this person comes back."""
    connection = make_connection()
    one = push(connection, "ada", externalId="x-1").identity
    on_locked(one, leave.delete)
    two = push(connection, "ada", externalId="x-2").identity
    on_locked(two, leave.delete)

    returned_one = push(connection, "ada", externalId="x-1")

    assert returned_one.identity.user_id == one.user_id


def test_join_of_a_person_who_is_back_under_another_name_makes_a_new_one() -> None:
    """The old name of somebody who is here is free for somebody else."""
    connection = make_connection()
    first = push(connection, "ada", externalId="x-1").identity
    on_locked(first, leave.delete)
    back = push(connection, "ada.king", externalId="x-1").identity

    outcome = push(connection, "ada")

    assert back.user_id == first.user_id
    assert outcome.kind == "created"
    assert outcome.identity.user_id != first.user_id


def test_join_after_delete_of_a_suspended_account_stays_out() -> None:
    """What an administrator suspended is not opened by a push."""
    connection = make_connection()
    first = push(connection, "ada", externalId="x-1").identity
    on_locked(first, leave.delete)
    Account.objects.filter(user=first.user).update(state=Account.State.SUSPENDED)

    outcome = push(connection, "ada", externalId="x-1")

    assert returned(outcome)[1] == Account.State.SUSPENDED
    assert not fresh(first.user).is_active


def test_join_whose_insert_loses_a_race_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody took the login name between the look and the insert: the second look sees it."""
    push(make_connection(), login_of("ada"))
    connection = make_connection()
    stale = [Match("new")]
    monkeypatch.setattr(
        "django_provisioning.lifecycle.join.correlate",
        lambda *seen: stale.pop() if stale else correlate(*seen),
    )

    outcome = push(connection, login_of("ada"))

    assert outcome.kind == "created"
    assert connection.slug in fresh(outcome.identity.user).get_username()
    assert event_types() == ["account.created", "account.created"]


def test_join_that_loses_twice_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not try for ever, and leaves nothing behind."""
    push(make_connection(), login_of("ada"))
    monkeypatch.setattr("django_provisioning.lifecycle.join.correlate", lambda *_: Match("new"))

    with pytest.raises(NotUnique, match="same moment"):
        push(make_connection(), login_of("ada"))

    assert get_user_model().objects.count() == 1
    assert event_types() == ["account.created"]
