"""Leaves as rows: each removal with its three times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from .export import Table

_COLUMNS = (
    "person", "user_pk", "connection", "path", "everywhere", "source_at", "received_at", "deactivated_at", "closed_at",
    "seconds", "is_open", "ended", "event",
)  # fmt: skip


def _row(leave: Any) -> Mapping[str, Any]:
    return {
        "person": leave.subject_label,
        "user_pk": leave.subject_id,
        "connection": leave.connection_slug,
        "path": leave.path,
        "everywhere": leave.everywhere,
        "source_at": leave.source_at,
        "received_at": leave.received_at,
        "deactivated_at": leave.deactivated_at,
        "closed_at": leave.closed_at,
        "seconds": _seconds(leave.received_at, leave.closed_at),
        "is_open": leave.closed_at is None,
        "ended": leave.ended,
        "event": str(leave.event_uid),
    }


def _seconds(start: datetime, end: datetime | None) -> str | None:
    return None if end is None else f"{(end - start).total_seconds():.3f}"


LEAVES = Table("leavers", _COLUMNS, _row)


def status_condition(status: str, now: datetime, sla: timedelta) -> Q:
    """Give the condition for "open", "late" (the open ones included, once their time is up) or "in_time".

    Raises:
        KeyError: there is no such status.
    """
    return {
        "open": Q(closed_at=None),
        "late": Q(closed_at__gt=F("received_at") + sla) | Q(closed_at=None, received_at__lt=now - sla),
        "in_time": Q(closed_at__lte=F("received_at") + sla),
    }[status]
