"""Out of band: the user row says something else than the account, because somebody wrote past this app.

``user.is_active = False; user.save()`` of the project's own code is followed at once, by a model signal.
``QuerySet.update()`` sends none: the sweep of ``provisioning_run`` finds it and does what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from django.contrib.auth import get_user_model

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
    if _is_settled(user, Account.objects.filter(user=user).first()) or not _is_stored(user):
        return None
    account = lock(Account.objects.filter(user=user), "self").first()
    if account is not None:
        user.provisioning_account = account
    if not user.is_active and (account is None or account.state == Account.State.ACTIVE):
        reason = "out_of_band" if context.via == Leave.Path.OUT_OF_BAND else "project_code"
        return leave.suspend(context, user, suspension=Account.Suspension.ADMINISTRATOR, reason=reason)
    if user.is_active and account is not None and account.state in _SHUT:
        return _returned(context, user, account)
    return None


def follow_key(context: Context, key: Any) -> Event | None:
    """Do the same for the user of a primary key, read anew; one who is gone needs nothing."""
    user = get_user_model()._base_manager.filter(pk=key).first()
    return follow(context, user) if user is not None else None


def _is_settled(user: Any, account: Account | None) -> bool:
    """Whether user row and account say the same of access."""
    if account is None:
        return bool(user.is_active)
    return bool(account.state == Account.State.ACTIVE) is bool(user.is_active)


def _is_stored(user: Any) -> bool:
    """Whether the locked row says of access what the instance says; it may have changed since it was read [1 query]."""
    rows = lock(get_user_model()._base_manager.filter(pk=user.pk), "self")
    stored = rows.values_list("is_active", flat=True).first()
    return stored is not None and bool(stored) == bool(user.is_active)


def sweep(context: Context) -> Iterator[Event]:
    """Find and complete what no signal told of, all in the caller's transaction [3 queries, and those of each]."""
    for key in differing():
        event = follow_key(sweep_context(context), key)
        if event is not None:
            yield event


def sweep_context(context: Context) -> Context:
    """Mark a context as that of the sweep."""
    return replace(context, via=Leave.Path.OUT_OF_BAND)


def differing() -> list[Any]:
    """Give the primary keys of users whose row says something else than their account [3 queries].

    Of users without an account those are found who are inactive and hold something all the same.
    """
    found = Account.objects.order_by("pk")
    inactive = found.filter(state=Account.State.ACTIVE, user__is_active=False)
    active = found.filter(state__in=_SHUT, user__is_active=True)
    unknown = revocation.holders().filter(is_active=False, provisioning_account=None).order_by("pk")
    accounts = chain(inactive.values_list("user_id", flat=True), active.values_list("user_id", flat=True))
    return [*accounts, *unknown.values_list("pk", flat=True)]


def _returned(context: Context, user: Any, account: Account) -> Event:
    """Record a return that nobody decided here: old sessions stay dead, managed people get no password back."""
    is_managed, had_password = account.managed_by != Account.ManagedBy.NONE, user.has_usable_password()
    effects = {"password_removed": is_managed and had_password}
    if is_managed or not had_password:
        # Also of who had none: a save of the whole row may have brought the session hash of before the leave back.
        user.set_unusable_password()
        update_fields(user, password=user.password)
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
