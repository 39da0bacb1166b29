"""Leavers as rows: each removal with its three times, what it ended, and whether it was in time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .export import Table

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise

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


# Kinds of a project's own revokers stand under their own names.
_KINDS: Mapping[str, Text] = {
    "groups_removed": _("Groups"),
    "privileges_removed": _("Privileges"),
    "password_removed": _("Local password"),
    "sessions": _("Sessions"),
    "open": _("Still open"),
}

LEAVES = Table("leavers", _COLUMNS, _row)


def ended_in_words(ended: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Give kind, count and names of what a leave ended; nothing for a kind of which there was none.

    >>> ended_in_words({"sessions": 2, "knox_tokens": 0, "password_removed": True})
    [('Local password', 1, ''), ('Sessions', 2, '')]
    """
    lines = []
    for kind, value in sorted(ended.items()):
        count = len(value) if isinstance(value, list) else int(value)
        if count:
            names = ", ".join(map(str, value)) if isinstance(value, list) else ""
            lines.append((str(_KINDS.get(kind, kind)), count, names))
    return lines


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
