"""SCIM requests for people: as rows, the latest of a connection, and the figures of its health.

The figures of a connection come as one column of a query over connections (``with_traffic``), so that a page of any
number of connections pays no query for them; an index holds all that they are counted from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Func, OuterRef, Q, QuerySet, Subquery, TextField

from ..models import Connection, ScimRequest
from ..models.traffic import FAILED, MILLISECONDS
from .export import Table

_COLUMNS = (
    "at", "connection_slug", "key_id", "method", "route", "path", "query", "status", "milliseconds", "scim_type",
    "detail", "correlation_id", "ip", "user_agent", "request_bytes", "response_bytes",
)  # fmt: skip

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
# How far back the last request that went well, and the last that did not, are looked for.
_LOOK_BACK = timedelta(days=7)
NOTED_STATUSES = (401, 403, 409, 429)

_CLASSES: Mapping[str, Q] = {
    "failed": FAILED,
    "2xx": Q(status__gte=200, status__lt=300),
    "3xx": Q(status__gte=300, status__lt=400),
    "4xx": Q(status__gte=400, status__lt=500),
    "5xx": Q(status__gte=500),
}
STATUS_CLASSES = tuple(_CLASSES)


def _row(request: Any) -> Mapping[str, Any]:
    return {name: getattr(request, name) for name in _COLUMNS}


def _without_bodies(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset.defer("request_body", "response_body")


# Bodies have a permission of their own, so no file holds them.
REQUESTS = Table("requests", _COLUMNS, _row, _without_bodies)


def class_condition(name: str) -> Q:
    """Give the condition of a class of answers: "failed", "2xx", "3xx", "4xx" or "5xx".

    Raises:
        KeyError: there is no such class.
    """
    return _CLASSES[name]


def recent(connection: Connection, limit: int = 10) -> list[ScimRequest]:
    """Give the latest requests of a connection, newest first, without their bodies [1 query]."""
    rows = ScimRequest.objects.filter(connection=connection).order_by("-pk")
    return list(_without_bodies(rows)[:limit])


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a connection asked in the last 24 hours and how it was answered; failures as in ``FAILED``.

    ``by_status`` counts 401, 403, 409 and 429. ``p95`` is the number of milliseconds within which 95 of a hundred were
    answered, rounded up to one of ``MILLISECONDS``; None where it is more than the last of them, or nothing was asked.
    """

    hour: int = 0
    hour_failed: int = 0
    day: int = 0
    day_failed: int = 0
    by_status: Mapping[int, int] = field(default_factory=dict)
    p95: int | None = None

    @property
    def hour_percent(self) -> int | None:
        """The share of failures in the last hour; None where nothing was asked."""
        return _percent(self.hour_failed, self.hour)

    @property
    def day_percent(self) -> int | None:
        """The share of failures in the last 24 hours; None where nothing was asked."""
        return _percent(self.day_failed, self.day)

    @property
    def is_slower(self) -> bool:
        """Whether ``p95`` is beyond what is told apart."""
        return bool(self.day) and self.p95 is None

    @property
    def refusals(self) -> str:
        """The counts of 401, 403, 409 and 429 that are not nought, as text: "401: 3, 429: 1"."""
        return ", ".join(f"{status}: {count}" for status, count in self.by_status.items() if count)


def with_traffic(connections: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Add ``traffic_counts``, ``last_success_at`` and ``last_failure_at`` to connections; no query of its own."""
    own = ScimRequest.objects.filter(connection=OuterRef("pk")).order_by()
    lately = own.filter(at__gt=now - DAY).values("connection")
    late = own.filter(at__gt=now - _LOOK_BACK).order_by("-at").values("at")
    rows: QuerySet[Any] = connections.annotate(
        traffic_counts=Subquery(lately.annotate(found=_counts(now)).values("found")),
        last_success_at=Subquery(late.filter(status__lt=400)[:1]),
        last_failure_at=Subquery(late.filter(FAILED)[:1]),
    )
    return rows


def traffic_of(connection: Any) -> Traffic:
    """Read the figures of a connection of ``with_traffic``."""
    if not connection.traffic_counts:
        return Traffic()
    found = dict(zip(_NAMES, map(int, connection.traffic_counts.split(",")), strict=True))
    return Traffic(
        hour=found["hour"],
        hour_failed=found["hour_failed"],
        day=found["day"],
        day_failed=found["day_failed"],
        by_status={status: found[f"s{status}"] for status in NOTED_STATUSES},
        p95=_p95(found),
    )


_NAMES = (
    "day", "hour", "hour_failed", "day_failed",
    *(f"s{status}" for status in NOTED_STATUSES), *(f"within{bound}" for bound in MILLISECONDS),
)  # fmt: skip


class _Joined(Func):
    """Numbers with commas between them: several figures as the one column that a subquery may have."""

    template = "CONCAT_WS(',', %(expressions)s)"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Join with the operator of the standard: SQLite has the function only since 3.44."""
        return self.as_sql(
            compiler, connection, template="(%(expressions)s)", arg_joiner=" || ',' || ", **context
        )


def _counts(now: datetime) -> _Joined:
    hour = Q(at__gt=now - HOUR)
    conditions = [
        hour,
        hour & FAILED,
        FAILED,
        *(Q(status=status) for status in NOTED_STATUSES),
        *(Q(milliseconds__lte=bound) for bound in MILLISECONDS),
    ]
    return _Joined(Count("at"), *(Count("at", filter=condition) for condition in conditions))


def _p95(found: Mapping[str, int]) -> int | None:
    needed = 0.95 * found["day"]
    return next((bound for bound in MILLISECONDS if found[f"within{bound}"] >= needed), None)


def _percent(part: int, whole: int) -> int | None:
    """Give a share in percent, a failure never as 0.

    >>> _percent(1, 1000), _percent(0, 10), _percent(0, 0)
    (1, 0, None)
    """
    return max(1, round(100 * part / whole)) if part else 0 if whole else None
