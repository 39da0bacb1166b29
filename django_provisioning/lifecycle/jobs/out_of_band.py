"""Finds users whose row was changed past this app, and completes the leave or records the return."""

from __future__ import annotations

from functools import partial

from ...models import Event
from .. import out_of_band
from ..transactions import run as in_transaction
from .base import Job, Report, Run


def work(run: Run) -> Report:
    """Follow every user row that says something else than its account, each in a transaction of its own."""
    report = Report()
    for key in out_of_band.differing():
        with report.sparing_the_others(f"The completion for user {key}"):
            context = out_of_band.sweep_context(run.context(JOB.name))
            event = in_transaction(partial(out_of_band.follow_key, context, key))
            if event is not None:
                _count(report, event)
    return report


def _count(report: Report, event: Event) -> None:
    what = "left" if event.phase == Event.Phase.LEAVER else "returned"
    report.add(what, attention=True)
    report.name(user_pk=event.subject_id, user=event.subject_label, what=f"{what} out of band")


JOB = Job("out_of_band", "Completes leaves that somebody began by QuerySet.update() or SQL.", work)
