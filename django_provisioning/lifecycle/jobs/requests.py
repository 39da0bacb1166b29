"""Forgets SCIM requests that are older than REQUEST_LOG_DAYS."""

from __future__ import annotations

from .. import request_log
from .base import Job, Report, Run


def work(run: Run) -> Report:
    """Delete what is too old, in batches."""
    report = Report()
    report.add("requests_forgotten", request_log.prune(run.now))
    return report


JOB = Job("requests", "Forgets SCIM requests after REQUEST_LOG_DAYS days.", work)
