"""The mass-leave valve: many leaving at once raise one alarm, and stop the connection where it is told to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from django_provisioning.exceptions import ConnectionHalted
from django_provisioning.lifecycle import connections, leave, valve
from django_provisioning.models import Connection, Event, Identity
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import events, on_locked, push, push_move
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


def crowd(connection: Connection, count: int) -> list[Identity]:
    """Push that many people."""
    return [push(connection, f"person{number}").identity for number in range(count)]


def deactivate(people: list[Identity]) -> None:
    """Let people leave one after the other."""
    for identity in people:
        push_move(identity, identity.user_name, active=False)


def alarms() -> list[Event]:
    """Give the alarms."""
    return events("breaker.tripped")


def test_leave_of_a_few_is_no_alarm() -> None:
    """Below ten a share says nothing."""
    deactivate(crowd(make_connection(), 9))

    assert alarms() == []


def test_leave_of_many_raises_one_alarm_and_halts_nothing_by_default() -> None:
    """A delay is exposure: leavers go on leaving, an administrator is told once."""
    connection = make_connection()
    people = crowd(connection, 14)

    deactivate(people[:12])

    connection.refresh_from_db()
    (alarm,) = alarms()
    assert (alarm.outcome, alarm.reason, alarm.connection) == (
        Event.Outcome.WARNING,
        "mass_leave",
        connection,
    )
    assert alarm.effects["left"] == 10
    assert connection.halted_at is None
    assert len(events("account.deactivated")) == 12


def test_leave_of_a_small_share_is_no_alarm() -> None:
    """Ten of sixty are under twenty percent."""
    deactivate(crowd(make_connection(), 60)[:10])

    assert alarms() == []


@pytest.mark.parametrize("mode", ["deprovision", "erase"])
def test_deletions_count_as_leaves(mode: str) -> None:
    """A directory that deletes everybody raises the alarm too, also where the users are erased."""
    people = crowd(make_connection(delete_mode=mode), 12)

    for identity in people:
        on_locked(identity, leave.delete)

    assert len(alarms()) == 1


def test_leave_of_many_halts_the_connection_that_says_so() -> None:
    """Writes get 503 with Retry-After until an administrator releases it; reads go on (N11)."""
    connection = make_connection(mass_leave_halts=True)
    people = crowd(connection, 12)
    client = ScimClient(make_token(connection))

    deactivate(people[:10])
    halted = client.delete(f"/Users/{people[11].scim_id}")
    read = client.get(f"/Users/{people[11].scim_id}")
    connections.release(make_context(connection), Connection.objects.get(pk=connection.pk))
    released = client.delete(f"/Users/{people[11].scim_id}")

    assert (halted.status_code, read.status_code, released.status_code) == (503, 200, 204)
    assert int(halted.headers["Retry-After"]) > 0
    assert len(events("breaker.released")) == 1


def test_halted_connection_is_refused_before_any_work() -> None:
    """The valve stands in front of every write."""
    connection = make_connection()
    connection.halted_at = make_context().now

    with pytest.raises(ConnectionHalted):
        valve.require_open(connection)


def test_other_connections_go_on() -> None:
    """One tenant's disaster halts no other."""
    one, other = make_connection(mass_leave_halts=True), make_connection()
    deactivate(crowd(one, 10))
    identity = push(other, "ada").identity

    answer = ScimClient(make_token(other)).delete(f"/Users/{identity.scim_id}")

    assert answer.status_code == 204


def test_leaves_outside_the_window_do_not_count() -> None:
    """Ten in a year are no disaster."""
    connection = make_connection(mass_leave_minutes=5)
    people = crowd(connection, 12)
    deactivate(people[:9])
    late = make_context(connection)
    late = type(late)(late.actor, late.now + timedelta(minutes=6), connection)

    valve.watch(late)

    assert alarms() == []


def test_zero_percent_turns_the_valve_off() -> None:
    """A project may decide against it."""
    deactivate(crowd(make_connection(mass_leave_percent=0), 11))

    assert alarms() == []
