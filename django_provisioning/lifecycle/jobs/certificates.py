"""Tells once, at thirty, seven and one day, that the certificate with which an identity provider signs ends.

Then the provider changes its key, and logins fail until this site trusts the new one: a day better known before.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...models import Connection, Event
from .. import audit, signing_certificates
from ..transactions import run as in_transaction
from .base import Job, Report, Run

DAYS_BEFORE = (30, 7, 1)
_TYPE = "connection.certificate_expiring"


def work(run: Run) -> Report:
    """Learn when the keys end, and write ``connection.certificate_expiring`` for what reached the next mark.

    A dry run asks nobody, because an answer takes its time and all is rolled back: it goes by what was learned last.
    """
    report = Report()
    if not run.dry_run:
        with report.sparing_the_others("Reading the keys of identity providers"):
            report.add("keys_not_read", signing_certificates.learn(run.now))
    for connection, source, ends_at in signing_certificates.ends():
        left = ends_at - run.now
        if left <= timedelta():
            report.add("certificates_ended", attention=True)
        elif left <= timedelta(days=DAYS_BEFORE[0]):
            report.add("certificates_expiring", attention=True)
            mark = min(days for days in DAYS_BEFORE if left <= timedelta(days=days))
            _tell(run, connection, {"source": source, "ends_at": _text(ends_at), "days_left": mark}, report)
    return report


def _tell(run: Run, connection: Connection, facts: dict[str, str | int], report: Report) -> None:
    told = Event.objects.filter(type=_TYPE, connection=connection)
    if told.filter(**{f"effects__{name}": value for name, value in facts.items()}).exists():
        return
    context = run.context(JOB.name, connection)
    in_transaction(
        lambda: audit.record(
            context,
            _TYPE,
            audit.Subject.connection(connection),
            effects=facts,
            outcome=Event.Outcome.WARNING,
        )
    )
    report.add("certificates_told_of")


def _text(moment: datetime) -> str:
    """Write a time as JSON holds it; X.509 knows no fractions of a second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


JOB = Job(
    "certificates",
    "Tells by an event, once per mark, that the signing certificate of an identity provider ends soon.",
    work,
)
