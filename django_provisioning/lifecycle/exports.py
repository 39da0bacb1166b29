"""Who took which list out of the house: an event for each file."""

from __future__ import annotations

from dataclasses import dataclass

from ..models import Event
from . import audit
from .context import Context
from .transactions import run

_LONGEST_QUERY = 500


@dataclass(frozen=True, slots=True)
class Export:
    """A file as it left. ``is_whole`` is False where the reader hung up before its end."""

    name: str
    form: str
    query: str
    rows: int
    sha256: str
    is_whole: bool


def record(context: Context, export: Export) -> Event:
    """Write the event, after the file's last line [1 query]."""
    effects = {
        "list": export.name,
        "format": export.form,
        "filter": export.query[:_LONGEST_QUERY],
        "rows": export.rows,
        "sha256": export.sha256,
    }
    subject = audit.Subject("report", "", export.name)
    outcome = Event.Outcome.SUCCESS if export.is_whole else Event.Outcome.WARNING
    reason = "" if export.is_whole else "interrupted"
    return run(
        lambda: audit.record(
            context, "export.created", subject, effects=effects, outcome=outcome, reason=reason
        )
    )
