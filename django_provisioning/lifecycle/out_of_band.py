"""Out of band: the user row says something else than the account, because somebody wrote past this app.

``user.is_active = False; user.save()`` of the project's own code is followed at once, by a model signal.
``QuerySet.update()`` sends none: the sweep of ``provisioning_run`` finds it and does what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from ..models import Account, Event, Leave
from . import audit, leave, revocation
from .context import Context
from .transactions import lock, update_fields

_SHUT = (
    Account.State.STAGED, Account.State.SUSPENDED, Account.State.DEPROVISIONED, Account.State.DELETED,
)  # fmt: skip


def follow(context: Context, user: Any) -> Event | None:
    """Complete what was begun on the user row: a leave, or a return that nobody decided here [1 query if nothing].

    A user made inactive is suspended as by an administrator: no directory and no login brings the person back
    unasked. One of whom nothing was known gets an account with it. A user made active again stays without groups and
    tokens; the event is a warning, and a person whom an IdP manages gets no password back with it.
    """
    account = lock(Account.objects.filter(user=user), "self").first()
    if account is not None:
        user.provisioning_account = account
    if not user.is_active and (account is None or account.state == Account.State.ACTIVE):
        reason = "out_of_band" if context.via == Leave.Path.OUT_OF_BAND else "project_code"
        return leave.suspend(context, user, suspension=Account.Suspension.ADMINISTRATOR, reason=reason)
    if user.is_active and account is not None and account.state in _SHUT:
        return _returned(context, user, account)
    return None


def sweep(context: Context) -> Iterator[Event]:
    """Find and complete what no signal told of; the caller runs it in batches of its own transactions.

    Of users without an account those are found who are inactive and hold something all the same. [3 queries, and those
    of each finding]
    """
    found = Account.objects.select_related("user").order_by("pk")
    inactive = found.filter(state=Account.State.ACTIVE, user__is_active=False)
    active = found.filter(state__in=_SHUT, user__is_active=True)
    unknown = revocation.holders().filter(is_active=False, provisioning_account=None).order_by("pk")
    context = replace(context, via=Leave.Path.OUT_OF_BAND)
    for user in chain((account.user for account in chain(inactive, active)), unknown):
        event = follow(context, user)
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
