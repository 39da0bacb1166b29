"""How soon access ended: offboarding latency, breaches with their reasons, and what is still open.

t0 is when the source decided, t1 when the request, click or sweep began, t2 when the change was durable, t3 when
nothing was left to revoke. Ours is t3−t1; the source's t1−t0 is never mixed with it, and unknown is "not measured",
not 0.
Each removal is an interval of its own: who comes back and leaves again counts twice.

The database ranks the times, so that a million leaves cost as much memory as ten. Percentiles are nearest-rank: a
time that was really measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from ..models import Event, Leave, PendingRevocation
from .leave_list import status_condition

PERCENTS = (50, 95, 100)
MOST_NAMED = 100
_RETURNS = ("account.reinstated",)
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which leaves: those received in [since, until), of one connection or all."""

    since: datetime | None = None
    until: datetime | None = None
    connection_slug: str | None = None

    def leaves(self) -> QuerySet[Leave]:
        """Give them."""
        return self._within(Leave.objects.all(), "received_at")

    def returns(self) -> QuerySet[Event]:
        """Give the returns of people in the same time."""
        back = Event.objects.of_people().filter(type__in=_RETURNS).exclude(outcome=Event.Outcome.SKIPPED)
        return self._within(back, "occurred_at")

    def _within(self, rows: QuerySet[Any], column: str) -> QuerySet[Any]:
        limits: dict[str, Any] = {
            f"{column}__gte": self.since,
            f"{column}__lt": self.until,
            "connection_slug": self.connection_slug,
        }
        return rows.filter(**{name: value for name, value in limits.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Latency:
    """So many measured times, and three of them; None where there is none."""

    n: int = 0
    p50: timedelta | None = None
    p95: timedelta | None = None
    max: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of removals and how long ours took."""

    removals: int
    people: int
    open: int
    breaches: int
    latency: Latency


@dataclass(frozen=True, slots=True)
class Late:
    """A removal past the limit; ``reason`` is e.g. ``revoker_failed: badges``, ``unfinished`` or ``late_commit``."""

    leave: Leave
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Leavers:
    """The report. ``groups`` is by (connection, path); ``late`` names at most a hundred, the oldest first."""

    total: Figures
    returned: int
    deactivation: Latency
    source: Latency
    groups: Mapping[tuple[str, str], Figures]
    late: Sequence[Late]


def leavers(scope: Scope, *, now: datetime, sla: timedelta) -> Leavers:
    """Read the report [10 queries at most, whatever the number of leaves]."""
    rows = scope.leaves()
    late = status_condition("late", now, sla)
    times = _ranked(rows, "received_at", "closed_at")
    by_group = _ranked(rows, "received_at", "closed_at", "connection_slug", "path")
    counts = _counted(rows, late, "connection_slug", "path")
    total = rows.aggregate(**_counters(late))
    return Leavers(
        total=Figures(**total, latency=times.get((), Latency())),
        returned=scope.returns().count(),
        deactivation=_ranked(rows, "received_at", "deactivated_at").get((), Latency()),
        source=_ranked(rows, "source_at", "received_at").get((), Latency()),
        groups={
            (key[0], key[1]): Figures(**count, latency=by_group.get(key, Latency()))
            for key, count in counts.items()
        },
        late=_explained(list(rows.filter(late).order_by("pk")[:MOST_NAMED]), now, sla),
    )


def reason_if_late(leave: Leave, *, now: datetime, sla: timedelta) -> str:
    """Give the reason of ``Late`` for one removal, "" for one that is in time so far [0 or 2 queries]."""
    if (leave.closed_at or now) - leave.received_at <= sla:
        return ""
    return _explained([leave], now, sla)[0].reason


def _counters(late: Q) -> dict[str, Any]:
    return {
        "removals": Count("pk"),
        "people": Count("subject_id", distinct=True),
        "open": Count("pk", filter=Q(closed_at=None)),
        "breaches": Count("pk", filter=late),
    }


def _counted(rows: QuerySet[Leave], late: Q, *group: str) -> dict[_Key, dict[str, int]]:
    found: dict[_Key, dict[str, int]] = {}
    for row in rows.order_by().values(*group).annotate(**_counters(late)).order_by(*group):
        found[tuple(row.pop(name) for name in group)] = row
    return found


def _ranked(rows: QuerySet[Leave], start: str, end: str, *group: str) -> dict[_Key, Latency]:
    """Give the percentiles of ``end − start``, for each group: the database sorts, three rows a group come back."""
    partition: Any = [F(name) for name in group] or None
    ranked = (
        rows.filter(**{f"{start}__isnull": False, f"{end}__isnull": False})
        .annotate(time=ExpressionWrapper(F(end) - F(start), output_field=DurationField()))
        .annotate(
            hundredfold=Window(RowNumber(), partition_by=partition, order_by=["time", "pk"]) * 100,
            size=Window(Count("pk"), partition_by=partition),
        )
    )
    wanted = Q()
    for percent in PERCENTS:
        wanted |= Q(hundredfold__gte=F("size") * percent, hundredfold__lt=F("size") * percent + 100)
    times: dict[_Key, list[tuple[int, int, timedelta]]] = {}
    for row in ranked.filter(wanted).order_by().values(*group, "time", "hundredfold", "size"):
        key = tuple(row[name] for name in group)
        times.setdefault(key, []).append((row["hundredfold"], row["size"], row["time"]))
    return {key: _latency(found) for key, found in times.items()}


def _latency(found: list[tuple[int, int, timedelta]]) -> Latency:
    """Pick the nearest ranks: the smallest time that so many percent do not exceed."""
    size = found[0][1]
    picked = [min(time for rank, _, time in found if rank >= size * percent) for percent in PERCENTS]
    return Latency(size, *picked)


def _explained(late: Sequence[Leave], now: datetime, sla: timedelta) -> list[Late]:
    """Say of each late removal why, from what the trail and the pending rows tell [2 queries]."""
    subjects = {leave.subject_id for leave in late}
    failures: dict[str, list[tuple[datetime, str]]] = {}
    told = Event.objects.filter(subject_type="user", subject_id__in=subjects, type="access.revocation_failed")
    for subject, at, kind in told.values_list("subject_id", "occurred_at", "reason"):
        failures.setdefault(subject, []).append((at, kind))
    users = [leave.user_id for leave in late if leave.closed_at is None and leave.user_id is not None]
    pending: dict[Any, list[str]] = {}
    for user, kind in PendingRevocation.objects.filter(user__in=users).values_list("user", "revoker"):
        pending.setdefault(user, []).append(kind)
    return [_explain(leave, now, sla, failures.get(leave.subject_id, []), pending) for leave in late]


def _explain(
    leave: Leave,
    now: datetime,
    sla: timedelta,
    failures: Sequence[tuple[datetime, str]],
    pending: Mapping[Any, list[str]],
) -> Late:
    end = leave.closed_at or now
    failed = sorted({kind for at, kind in failures if leave.received_at <= at <= end})
    waiting = sorted(pending.get(leave.user_id, []))
    if failed:
        reason = f"revoker_failed: {', '.join(failed)}"
    elif leave.closed_at is None:
        reason = f"unfinished: {', '.join(waiting)}" if waiting else "unfinished"
    elif leave.deactivated_at - leave.received_at > sla:
        reason = "late_commit"
    else:
        reason = "finished_late"  # The process died after the commit, and the next run finished it.
    return Late(leave, (end - leave.received_at).total_seconds(), reason)
