"""Out of band: the user row says something else than the account, because somebody wrote past this app.

``user.is_active = False; user.save()`` of the project's own code is followed at once, by a model signal.
``QuerySet.update()`` sends none: the sweep of ``provisioning_run`` finds it and does what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..models import Account, Event, Leave
from . import audit, leave
from .context import Context
from .transactions import lock, update_fields

_WITH_ACCESS = (Account.State.ACTIVE, Account.State.STAGED)
_ENDED = (Account.State.SUSPENDED, Account.State.DEPROVISIONED, Account.State.DELETED)


def follow(context: Context, user: Any) -> Event | None:
    """Complete what was begun on the user row: a leave, or a return that nobody decided here [1 query if nothing].

    A user made inactive is suspended as by an administrator: no directory and no login brings the person back
    unasked. A user made active again stays without groups and tokens; the event is a warning, and a person whom an
    IdP manages gets no password back with it.
    """
    account = lock(Account.objects.filter(user=user), "self").first()
    if account is None:
        return None
    user.provisioning_account = account
    if not user.is_active and account.state in _WITH_ACCESS:
        reason = "out_of_band" if context.via == Leave.Path.OUT_OF_BAND else "project_code"
        return leave.suspend(context, user, suspension=Account.Suspension.ADMINISTRATOR, reason=reason)
    if user.is_active and account.state in _ENDED:
        return _returned(context, user, account)
    return None


def sweep(context: Context) -> Iterator[Event]:
    """Find and complete what no signal told of; the caller runs it in batches of its own transactions.

    [1 query, and those of each finding]
    """
    found = Account.objects.select_related("user")
    inactive = found.filter(state__in=_WITH_ACCESS, user__is_active=False)
    active = found.filter(state__in=_ENDED, user__is_active=True)
    context = replace(context, via=Leave.Path.OUT_OF_BAND)
    for queryset in (inactive, active):
        for account in queryset.order_by("pk"):
            event = follow(context, account.user)
            if event is not None:
                yield event


def _returned(context: Context, user: Any, account: Account) -> Event:
    """Record a return that nobody decided here: old sessions stay dead, managed people get no password back."""
    effects = {"password_removed": False}
    if account.managed_by != Account.ManagedBy.NONE and user.has_usable_password():
        user.set_unusable_password()
        update_fields(user, password=user.password)
        effects["password_removed"] = True
    update_fields(
        account,
        state=Account.State.ACTIVE,
        suspension=Account.Suspension.NONE,
        access_valid_after=context.now,
    )
    return audit.record(
        context,
        "account.reinstated",
        audit.Subject.user(user),
        changes={"active": {"old": False, "new": True}},
        effects=effects,
        outcome=Event.Outcome.WARNING,
        reason="out_of_band" if context.via == Leave.Path.OUT_OF_BAND else "project_code",
    )
