"""Counts the figures of the dashboard in advance, so that its pages cost the same at any size."""

from __future__ import annotations

from .. import local_edits, rollups
from .base import Job, Report, Run


def work(run: Run) -> Report:
    """Count; it says nothing, because to count is no finding."""
    rollups.refresh(run.now)
    local_edits.compare(run.now)
    return Report()


JOB = Job("rollups", "Counts the figures of the dashboard.", work)
