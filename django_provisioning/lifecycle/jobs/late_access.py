"""Finds who has left and still holds something: a token made at the moment of the leave, or by code past the guard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from ...models import Account, Event, PendingRevocation
from .. import audit, revocation
from ..context import Context
from ..revokers.base import Revoker
from ..transactions import lock
from ..transactions import run as in_transaction
from .base import Job, Report, Run

_SHUT = (
    Account.State.STAGED, Account.State.SUSPENDED, Account.State.DEPROVISIONED, Account.State.DELETED,
)  # fmt: skip
_BATCH = 200


def work(run: Run) -> Report:
    """Revoke again what the revokers can list; each finding is an event that somebody should look at."""
    report = Report()
    for revoker in revocation.revokers():
        with report.sparing_the_others(f"Looking for holders of {revoker.kind}"):
            for account in _holding(revoker):
                with report.sparing_the_others(f"Ending late access of user {account.user_id}"):
                    _end(run, revoker, account, report)
    return report


def _holding(revoker: Revoker) -> Iterator[Account]:
    """Yield accounts without access whose user still holds this kind; what is pending already is not found again."""
    keys = revoker.holders()
    if keys is None:
        return
    pending = PendingRevocation.objects.filter(user=OuterRef("user"), revoker=revoker.kind)
    found: QuerySet[Account] = Account.objects.filter(
        ~Exists(pending), state__in=_SHUT, user__is_active=False, user_id__in=keys
    )
    last = 0
    while batch := list(found.filter(pk__gt=last).select_related("user").order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        yield from batch


def _end(run: Run, revoker: Revoker, account: Account, report: Report) -> None:
    context = run.context(JOB.name)
    ended = in_transaction(lambda: _revoke(context, revoker, account.pk))
    if ended is None:
        return
    if ended.get("open") and not run.dry_run:
        ended |= revocation.complete(context, account.user)
    report.add(revoker.kind, int(ended.get(revoker.kind, 0)))
    report.add("people", attention=True)
    report.name(user_pk=str(account.user_id), user=account.user.get_username(), what=f"held {revoker.kind}")


def _revoke(context: Context, revoker: Revoker, key: int) -> dict[str, Any] | None:
    """End it and write the event; None for somebody who came back meanwhile. A loop of empty events is no help."""
    account = lock(
        Account.objects.filter(pk=key, state__in=_SHUT).select_related("user"), "self", "user"
    ).first()
    if account is None or account.user.is_active:
        return None
    ended = revocation.revoke(context, account.user, None, kinds=[revoker.kind])
    if any(ended.values()):
        audit.record(
            context,
            "access.found_late",
            audit.Subject.user(account.user),
            effects=ended,
            outcome=Event.Outcome.WARNING,
            reason=revoker.kind,
        )
    return ended


JOB = Job("late_access", "Revokes what people who have left still hold, and tells of it.", work)
