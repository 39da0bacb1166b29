"""Finds users whose row was changed past this app, and completes the leave or records the return."""

from __future__ import annotations

from itertools import islice

from ...models import Event
from .. import out_of_band
from ..transactions import run as in_transaction
from .base import Job, Report, Run

_BATCH = 50


def work(run: Run) -> Report:
    """Follow every user row that says something else than its account, a batch per transaction."""
    report = Report()
    context = run.context(JOB.name)
    while True:
        events = in_transaction(lambda: list(islice(out_of_band.sweep(context), _BATCH)))
        for event in events:
            _count(report, event)
        if len(events) < _BATCH:
            return report


def _count(report: Report, event: Event) -> None:
    what = "left" if event.phase == Event.Phase.LEAVER else "returned"
    report.add(what, attention=True)
    report.name(user_pk=event.subject_id, user=event.subject_label, what=f"{what} out of band")


JOB = Job("out_of_band", "Completes leaves that somebody began by QuerySet.update() or SQL.", work)
