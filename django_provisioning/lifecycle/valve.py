"""The mass-leave valve: many people leaving a connection at once raise an alarm, and halt it where so configured."""

from __future__ import annotations

from datetime import timedelta

from ..exceptions import ConnectionHalted
from ..models import Connection, Event, Identity
from . import audit, explain
from .context import Context
from .transactions import update_fields

# Below this number a share says nothing: one of three is a third.
SMALLEST_ALARM = 10
_LEAVES = ("account.deactivated", "account.suspended", "account.deleted", "account.erased")


def watch(context: Context, *, may_halt: bool = True) -> None:
    """Look after a leave how many left within the window; alarm once per window [1-2 queries, 4 at the alarm].

    ``may_halt`` is False where a person decided it: that is told as loudly, and goes on.
    """
    connection = context.connection
    if connection is None or not connection.mass_leave_percent:
        return
    since = context.now - timedelta(minutes=connection.mass_leave_minutes)
    recent = Event.objects.filter(connection=connection, occurred_at__gte=since)
    left = recent.filter(type__in=_LEAVES).count()
    if left < SMALLEST_ALARM:
        return
    known = Identity.objects.filter(connection=connection, live=True).count() + left
    if left * 100 < known * connection.mass_leave_percent or recent.filter(type="breaker.tripped").exists():
        return
    halts = connection.mass_leave_halts and may_halt
    if halts:
        update_fields(connection, halted_at=context.now)
    audit.record(
        context,
        "breaker.tripped",
        audit.Subject.connection(connection),
        outcome=Event.Outcome.WARNING,
        reason="mass_leave",
        effects={"left": left, "known": known, "halted": halts},
    )


def require_open(connection: Connection) -> None:
    """Refuse writes while the connection is halted.

    Raises:
        ConnectionHalted: an administrator has to release it.
    """
    if connection.halted_at is not None:
        raise ConnectionHalted(
            "Too many people left this connection at once, so its writes are halted. "
            "An administrator of the application must look at the events and release it."
        )
    explain.note("valve", "The writes of the connection are not halted.")
