"""Finishes what leaves have left open: what failed and is due again, and what a dead process never came to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from ...models import Leave, PendingRevocation
from .. import leaves, revocation
from .base import Job, Report, Run

_BATCH = 200


def work(run: Run) -> Report:
    """Run the revokers that are due, then close every leave for whose person nothing is pending any more."""
    report = Report()
    due = PendingRevocation.objects.filter(next_attempt_at__lte=run.now)
    if run.dry_run:
        report.add("due", due.count())
        report.add("leaves_to_close", _forgotten().count())
        return report
    for user in _users(due):
        with report.sparing_the_others(f"Completing the revocations of user {user.pk}"):
            ended = revocation.complete(run.context(JOB.name), user, due_only=True)
            report.add("revokers_completed", len(ended))
            report.add("leaves_closed", leaves.close_finished(user))
    for user in _users(_forgotten()):
        with report.sparing_the_others(f"Closing the leaves of user {user.pk}"):
            report.add("leaves_closed", leaves.close_finished(user))
    report.add("leaves_closed", _close_those_of_nobody())
    open_users = PendingRevocation.objects.order_by().values("user").distinct().count()
    report.add("people_still_open", open_users, attention=True)
    return report


def _forgotten() -> QuerySet[Leave]:
    """Give open leaves of people for whom nothing is pending: the process died between two writes."""
    pending = PendingRevocation.objects.filter(user=OuterRef("user"))
    return Leave.objects.filter(~Exists(pending), closed_at=None, user__isnull=False)


def _users(rows: QuerySet[Any]) -> Iterator[Any]:
    """Yield the users of some rows, each once, a batch at a time."""
    last = None
    users = get_user_model()._base_manager.order_by("pk")
    while True:
        keys = rows.order_by("user_id").values_list("user_id", flat=True).distinct()
        batch = list(keys.filter(user_id__gt=last)[:_BATCH] if last is not None else keys[:_BATCH])
        if not batch:
            return
        last = batch[-1]
        yield from users.filter(pk__in=batch)


def _close_those_of_nobody() -> int:
    """Close the leaves of deleted users: with the user went whatever could have been open."""
    return Leave.objects.filter(closed_at=None, user=None).update(closed_at=timezone.now())


JOB = Job(
    "revocations", "Repeats revokers that failed, finishes what a crash left open, closes the leaves.", work
)
