"""What a leave has left behind, ended by a person who does not wait for the next ``provisioning_run``.

The jobs ``late_access`` and ``revocations`` do the same on schedule; here the event has a person and a reason.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Q, QuerySet

from ..exceptions import ProvisioningError
from ..models import Account, Event, Leave, PendingRevocation, figures
from . import audit, leaves, revocation
from .context import Context
from .transactions import on_commit, run


def open_accounts() -> QuerySet[Account]:
    """Give the accounts whose removal is not finished: a revoker has still to succeed, or nobody closed the leave."""
    pending = PendingRevocation.objects.values("user")
    unclosed = Leave.objects.filter(closed_at=None, user__isnull=False).values("user")
    return Account.objects.filter(Q(user__in=pending) | Q(user__in=unclosed))


def end_what_is_left(context: Context, account: Account, *, reason: str) -> Event | None:
    """End every session and token of somebody who has left, and leave the account's state as it is.

    Account and user are locked by the caller. What cannot join the transaction follows after the commit. Gives None,
    and writes nothing, for an account that has access by right, and where nothing was left.

    Raises:
        ProvisioningError: the user row was made active past this app; ending it is an offboarding.
    """
    if account.state not in figures.ENDED:
        return None
    if account.user.is_active:
        text = "The user row is active although the account is not: offboard or reinstate it."
        raise ProvisioningError(text, reason="out_of_band")
    ended = revocation.revoke(context, account.user, None)
    if not any(ended.values()):
        return None
    if ended.get("open"):
        on_commit(partial(_finish, context, account.user))
    outcome, subject = Event.Outcome.WARNING, audit.Subject.user(account.user)
    return audit.record(context, "access.found_late", subject, effects=ended, outcome=outcome, reason=reason)


def retry(context: Context, account: Account, *, reason: str) -> Event | None:
    """Try once more, whenever the next attempt is due, and close the leaves of a person for whom that was the last.

    Opens transactions of its own, one for each revoker: it may wait for another system, and must lock nobody out.

    Raises:
        ProvisioningError: some revoker failed again; it stays OPEN and is tried again by ``provisioning_run``.
    """
    user = account.user
    ended = revocation.complete(context, user)
    closed = leaves.close_finished(user)
    event = (
        run(partial(_record, context, user, {**ended, "leaves_closed": closed}, reason))
        if ended or closed
        else None
    )
    still = list(
        PendingRevocation.objects.filter(user=user).order_by("revoker").values_list("revoker", "last_error")
    )
    if still:
        names = ", ".join(f"{revoker} ({error})" if error else revoker for revoker, error in still)
        raise ProvisioningError(f"Still open: {names}", reason="still_open")
    return event


def _record(context: Context, user: Any, effects: dict[str, int], reason: str) -> Event:
    subject = audit.Subject.user(user)
    return audit.record(context, "access.revocation_completed", subject, effects=effects, reason=reason)


def _finish(context: Context, user: Any) -> None:
    revocation.complete(context, user)
    leaves.close_finished(user)
