"""Every scheduled job in one: idempotent, one run at a time per database, each job with a row that says it ran.

``run_due()`` is what cron (by ``provisioning_run``), a systemd timer, Celery beat or a Django task calls. A job that
fails does not stop the others. A further job is a file in ``jobs/`` and its line in ``JOBS``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from ..exceptions import ProvisioningError
from ..models import PolicyRun
from . import advisory_lock, explain
from .jobs import (
    certificates,
    credentials,
    late_access,
    out_of_band,
    requests,
    revocations,
    rollups,
    sessions,
    stale,
    tokens,
)
from .jobs.base import Job, Report, Run

logger = logging.getLogger("django_provisioning.schedule")

# In this order: what was begun is finished before anything new ends, and what waits for others comes last.
JOBS: Sequence[Job] = (
    revocations.JOB,
    out_of_band.JOB,
    stale.JOB,
    sessions.JOB,
    late_access.JOB,
    credentials.JOB,
    tokens.JOB,
    requests.JOB,
    rollups.JOB,
    certificates.JOB,
)

# A year and its audit; of runs that end alike within an hour the last is kept.
_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of one job."""

    job: str
    outcome: str
    report: Report

    @property
    def facts(self) -> dict[str, Any]:
        """The result as it is printed; the rows follow apart."""
        notes = {
            "stopped": self.report.stopped,
            "failed": self.report.failed,
            "attention": self.report.attention,
        }
        noted = {name: value for name, value in notes.items() if value}
        return {"job": self.job, "outcome": self.outcome, "did": dict(self.report.counts), "noted": noted}


@dataclass(frozen=True, slots=True)
class RunResult:
    """What became of a run. ``busy``: another one was at work, so this one did nothing."""

    busy: bool = False
    jobs: Sequence[JobResult] = field(default_factory=tuple)

    @property
    def failed(self) -> list[str]:
        """The jobs that failed, wholly or for some accounts."""
        return [one.job for one in self.jobs if one.outcome == PolicyRun.Outcome.FAILED]

    @property
    def stopped(self) -> list[str]:
        """The jobs that a circuit breaker held back."""
        return [one.job for one in self.jobs if one.report.stopped]

    @property
    def attention(self) -> int:
        """How many findings a person should look at."""
        return sum(one.report.attention for one in self.jobs)

    @property
    def changes(self) -> int:
        """How much was done or found in all."""
        return sum(sum(one.report.counts.values()) for one in self.jobs)


def run_due(
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    allow_mass_leave: bool = False,
    now: datetime | None = None,
) -> RunResult:
    """Run the jobs, all or those named, outside of any transaction.

    A dry run does the same and rolls it back; what cannot be rolled back is only counted, and no row is written.

    Raises:
        ProvisioningError: there is no job of that name.
    """
    jobs = _named(names)
    run = Run(now or timezone.now(), dry_run, allow_mass_leave)
    with advisory_lock.held("run") as is_held:
        if not is_held:
            return RunResult(busy=True)
        if not dry_run:
            _clean_up(run.now)
        return RunResult(jobs=[_rehearsed(job, run) if dry_run else _recorded(job, run) for job in jobs])


def job_names() -> list[str]:
    """Give the names of all jobs, in their order."""
    return [job.name for job in JOBS]


def last_done() -> Mapping[str, datetime]:
    """Give when each job last ended well; a job that never did is not in it [1 query]."""
    done = PolicyRun.objects.filter(outcome=PolicyRun.Outcome.DONE, job__in=job_names())
    newest = done.order_by().values("job").annotate(at=Max("finished_at"))
    return {row["job"]: row["at"] for row in newest if row["at"] is not None}


def _named(names: Sequence[str]) -> list[Job]:
    unknown = [name for name in names if name not in job_names()]
    if unknown:
        raise ProvisioningError(
            f"There is no job {', '.join(map(repr, unknown))}; there are {', '.join(job_names())}.",
            reason="unknown_job",
        )
    return [job for job in JOBS if not names or job.name in names]


def _clean_up(now: datetime) -> None:
    """Say of runs whose process died that they did not end well: nobody else is at work. Forget what is old."""
    PolicyRun.objects.filter(outcome=PolicyRun.Outcome.RUNNING).update(
        outcome=PolicyRun.Outcome.FAILED, findings={"error": "The process was stopped."}
    )
    PolicyRun.objects.filter(started_at__lt=now - _KEPT).delete()


def _recorded(job: Job, run: Run) -> JobResult:
    row = PolicyRun(job=job.name, started_at=timezone.now())
    row.save(force_insert=True)
    result = _result(job, run)
    row.finished_at, row.outcome = timezone.now(), result.outcome
    row.findings = result.report.findings
    row.save(update_fields=["finished_at", "outcome", "findings"])
    _thin_out(row)
    return result


def _rehearsed(job: Job, run: Run) -> JobResult:
    return explain.rehearse(lambda: _result(job, run)).result


def _result(job: Job, run: Run) -> JobResult:
    try:
        report = job.work(run)
    except Exception as error:  # The other jobs end access as well; they must have their turn.
        logger.error("The scheduled job %s failed", job.name, exc_info=error)
        report = Report(failed=1)
    outcome = PolicyRun.Outcome.FAILED if report.failed else PolicyRun.Outcome.DONE
    return JobResult(job.name, str(outcome), report)


def _thin_out(row: PolicyRun) -> None:
    """Forget the run before this one where it ended alike within the same hour [1-2 queries]."""
    before = PolicyRun.objects.filter(job=row.job, pk__lt=row.pk).order_by("-pk").first()
    if before is not None and _shown(before) == _shown(row):
        before.delete()


def _shown(row: PolicyRun) -> tuple[str, Any, str]:
    return row.outcome, row.findings, f"{row.started_at:%Y-%m-%d %H}"
