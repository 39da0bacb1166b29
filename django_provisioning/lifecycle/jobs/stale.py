"""Carries out the stale-account policy of each connection: report, warn, suspend; and stops before it ends too many."""

from __future__ import annotations

import uuid
from datetime import timedelta

from ...models import Connection, Event
from .. import audit, stale, valve
from ..stale import Stale
from ..transactions import run as in_transaction
from .base import Job, Report, Run

_SUSPEND = Connection.StaleAction.SUSPEND
_REPORT = Connection.StaleAction.REPORT
_ALARM_PAUSE = timedelta(days=1)


def work(run: Run) -> Report:
    """Judge the accounts of every connection that has the policy, enabled or not."""
    report = Report()
    for connection in Connection.objects.filter(stale_after_days__isnull=False).order_by("pk"):
        with report.sparing_the_others(f"The stale-account policy of {connection.slug}"):
            _judge(run, connection, report)
    return report


def _judge(run: Run, connection: Connection, report: Report) -> None:
    limit = connection.stale_after_days or 0
    lead = 0 if connection.stale_action == _REPORT else min(connection.stale_warning_days, limit)
    due: list[Stale] = []
    for found in stale.unseen(connection, run.now, limit - lead):
        days = found.days(run.now)
        is_due = run.now - found.seen_at >= timedelta(days=limit)
        if found.kept:
            if is_due:
                _name(report, connection, found, days, f"kept_{found.kept}")
            continue
        if is_due and connection.stale_action == _SUSPEND:
            due.append(found)
            continue
        if is_due:
            _name(report, connection, found, days, "stale")
        if connection.stale_action != _REPORT:
            _warn(run, connection, found, report)
    if due and _may_suspend(run, connection, len(due), report):
        batch = uuid.uuid4().hex
        for found in due:
            with report.sparing_the_others(f"Suspending the stale user {found.account.user_id}"):
                _suspend(run, connection, found, batch, report)
    else:
        for found in due:
            _name(report, connection, found, found.days(run.now), "not_suspended")


def _warn(run: Run, connection: Connection, found: Stale, report: Report) -> None:
    if stale.is_warned(found.account, found.seen_at):
        return
    left = (connection.stale_after_days or 0) - found.days(run.now)
    context = run.context(JOB.name, connection)
    with report.sparing_the_others(f"Warning of the stale user {found.account.user_id}"):
        if in_transaction(lambda: stale.warn(context, found, left)):
            _name(report, connection, found, found.days(run.now), "warned")


def _suspend(run: Run, connection: Connection, found: Stale, batch: str, report: Report) -> None:
    context = stale.policy_context(run.context(JOB.name, connection, batch_id=batch))
    before = run.now - timedelta(days=connection.stale_after_days or 0)
    if in_transaction(lambda: stale.suspend(context, found, before)):
        _name(report, connection, found, found.days(run.now), "suspended")


def _may_suspend(run: Run, connection: Connection, number: int, report: Report) -> bool:
    """Say whether so many may go in one run; if not, an alarm event says so, once a day."""
    if connection.halted_at is not None:
        report.stopped = True
        return False
    known = stale.accounts_of(connection).count()
    percent = connection.mass_leave_percent
    too_many = number >= valve.SMALLEST_ALARM and percent and number * 100 > known * percent
    if not too_many or run.allow_mass_leave:
        return True
    report.stopped = True
    context = run.context(JOB.name, connection)
    alarms = Event.objects.filter(connection=connection, type="breaker.tripped", reason="stale_policy")
    if not alarms.filter(occurred_at__gt=context.now - _ALARM_PAUSE).exists():
        in_transaction(
            lambda: audit.record(
                context, "breaker.tripped", audit.Subject.connection(connection), outcome=Event.Outcome.WARNING,
                reason="stale_policy", effects={"stale": number, "known": known},
            )
        )  # fmt: skip
    return False


def _name(report: Report, connection: Connection, found: Stale, days: int, what: str) -> None:
    needs_a_person = what not in ("suspended", "warned")
    report.add(what, attention=needs_a_person)
    report.name(
        connection=connection.slug,
        user_pk=str(found.account.user_id),
        user=found.account.user.get_username(),
        days=days,
        what=what,
    )


JOB = Job(
    "stale", "Reports, warns of and suspends accounts that nobody has used, as their connection says.", work
)
