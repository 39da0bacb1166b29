"""Tells once, at thirty, seven and one day, that a bearer token of a connection is about to expire.

An expired token is the commonest reason for a directory that has gone silent.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from ...models import ConnectionToken, Event
from .. import audit
from ..transactions import run as in_transaction
from .base import Job, Report, Run

DAYS_BEFORE = (30, 7, 1)
_TYPE = "token.expiring"


def work(run: Run) -> Report:
    """Write ``token.expiring`` for what reached the next mark; a token that a newer one replaces is left out."""
    report = Report()
    latest = run.now + timedelta(days=DAYS_BEFORE[0])
    due = ConnectionToken.objects.filter(
        revoked_at=None, connection__enabled=True, expires_at__gt=run.now, expires_at__lte=latest
    )
    lasting = Q(expires_at=None) | Q(expires_at__gt=latest)
    replacement = ConnectionToken.objects.filter(
        lasting, revoked_at=None, connection=OuterRef("connection"), name=OuterRef("name")
    )
    for token in due.exclude(Exists(replacement)).select_related("connection").order_by("pk"):
        _tell(run, token, report)
    return report


def _tell(run: Run, token: ConnectionToken, report: Report) -> None:
    assert token.expires_at is not None  # noqa: S101  (the query asked)
    mark = min(days for days in DAYS_BEFORE if token.expires_at - run.now <= timedelta(days=days))
    facts = {"key_id": token.key_id, "days_left": mark}
    told = Event.objects.filter(
        type=_TYPE, connection=token.connection, effects__key_id=token.key_id, effects__days_left=mark
    )
    report.add("tokens_expiring", attention=True)
    if told.exists():
        return
    context = run.context(JOB.name, token.connection)
    in_transaction(
        lambda: audit.record(
            context,
            _TYPE,
            audit.Subject.connection(token.connection),
            effects=facts,
            outcome=Event.Outcome.WARNING,
        )
    )
    report.add("tokens_told_of")


JOB = Job("tokens", "Tells by an event, once per mark, that a token of a connection expires soon.", work)
