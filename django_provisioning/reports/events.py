"""Events as rows: the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .export import Table

_COLUMNS = (
    "uid", "occurred_at", "type", "phase", "outcome", "reason", "actor_type", "actor_id", "actor_label",
    "connection_slug", "subject_type", "subject_id", "subject_label", "scim_id", "changes", "effects",
    "correlation_id", "batch_id", "ip",
)  # fmt: skip


def _row(event: Any) -> Mapping[str, Any]:
    return {name: getattr(event, name) for name in _COLUMNS} | {"uid": str(event.uid)}


EVENTS = Table("events", _COLUMNS, _row)
