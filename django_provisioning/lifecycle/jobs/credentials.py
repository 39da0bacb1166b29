"""Forgets through which connection tokens were made that exist no longer."""

from __future__ import annotations

from .. import credentials
from .base import Job, Report, Run


def work(_run: Run) -> Report:
    """Delete origins without a token."""
    report = Report()
    report.add("origins_forgotten", credentials.prune())
    return report


JOB = Job("credentials", "Forgets the origins of tokens that are gone.", work)
