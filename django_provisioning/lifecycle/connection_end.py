"""The end of a connection: what becomes of the people whom it vouched for is asked, never guessed.

``keep``: their accounts stay as they are, though nobody looks after them any more. ``suspend``: who has access through
this connection alone is shut out until an administrator reinstates. ``offboard``: they leave, as if the directory had
said so. Who has access through another enabled connection loses in both cases what came through this one. Staff,
superusers and break-glass accounts are left alone unless the connection manages them, and so is the person who asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..mapping.reach import unprotected
from ..models import Account, Connection, Identity, Leave, SessionIndex
from . import leave, management, valve
from .context import Context
from .transactions import lock, update_fields

KEEP, SUSPEND, OFFBOARD = CHOICES = ("keep", "suspend", "offboard")
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom the end of a connection concerns.

    ``people`` have an active identity of it, ``only_here`` of them have none of another enabled connection,
    ``protected`` of them the end does not touch; ``sessions`` came through it, ``tokens`` are its bearer tokens.
    """

    people: int
    only_here: int
    protected: int
    sessions: int
    tokens: int

    def facts(self) -> dict[str, int]:
        """Give the counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def concerned(connection: Connection) -> Concerned:
    """Count whom the end of the connection concerns [5 queries]."""
    people = _people(connection)
    others = Identity.objects.filter(live=True, active=True, connection__enabled=True)
    elsewhere = others.exclude(connection=connection).values("user_id")
    total = people.count()
    return Concerned(
        people=total,
        only_here=people.exclude(user__in=elsewhere).count(),
        protected=total - unprotected(people, connection).count(),
        sessions=SessionIndex.objects.filter(connection=connection).count(),
        tokens=connection.tokens.filter(revoked_at=None).count(),
    )


def end_people(context: Context, connection: Connection, choice: str, reason: str) -> dict[str, int]:
    """Do what was chosen for each person, and give how many were ended here, ended in part, and spared.

    Many at once raise the alarm, but the decision of a person is not halted. [what each leave costs]
    """
    if choice == KEEP:
        return {}
    context = replace(context, via=Leave.Path.CONNECTION)
    people = _people(connection)
    total = people.count()
    keys = list(unprotected(people, connection).order_by("pk").values_list("pk", flat=True))
    counts = {"ended": 0, "ended_in_part": 0, "spared": total - len(keys)}
    for key in keys:
        counts[_end(context, key, choice, reason)] += 1
    if counts["ended"] or counts["ended_in_part"]:
        valve.watch(context, may_halt=False)
    return {name: count for name, count in counts.items() if count}


def forget(connection: Connection) -> None:
    """Delete the connection with its identities, tokens and group links; users, groups and history stay.

    Nobody looks after an account any more that no other connection knows.
    """
    known = list(
        Identity.objects.filter(connection=connection, live=True)
        .order_by("pk")
        .values_list("user_id", flat=True)
    )
    # The instance of the caller keeps its key: the history speaks of it.
    Connection.objects.filter(pk=connection.pk).delete()
    for start in range(0, len(known), _BATCH):
        batch = known[start : start + _BATCH]
        elsewhere = Identity.objects.filter(user__in=batch, live=True).values_list("user_id", flat=True)
        accounts = Account.objects.filter(user__in=batch)
        shared = set(elsewhere)
        accounts.exclude(user__in=shared).update(managed_by=Account.ManagedBy.NONE)
        for account in accounts.filter(user__in=shared).select_related("user").order_by("pk"):
            management.refresh(account)


def _people(connection: Connection) -> Any:
    return Identity.objects.filter(connection=connection, live=True, active=True)


def _end(context: Context, key: int, choice: str, reason: str) -> str:
    """Lock and end one person, and name the count that this belongs to."""
    related = Identity.objects.select_related("user__provisioning_account", "connection")
    identity = lock(related, "self", "user").get(pk=key)
    user = identity.user
    if context.actor.type == "admin" and context.actor.id == str(user.pk):
        return "spared"
    if choice == OFFBOARD:
        changed = {"active": False, "outside_since": None}
        update_fields(identity, **changed, revision=identity.revision + 1, updated_at=context.now)
        event = leave.end_identity(context, identity, reason=reason)
        return "ended" if event.effects.get("everywhere") else "ended_in_part"
    if leave.has_other_access(user, identity):
        leave.end_identity(context, identity, changes={}, reason=reason)
        return "ended_in_part"
    leave.suspend(context, user, suspension=Account.Suspension.ADMINISTRATOR, reason=reason)
    return "ended"
