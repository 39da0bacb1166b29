"""Accounts as administrators see them: how they stand, what kind they are and who answers for them."""

from __future__ import annotations

from typing import Any

from ..models import Account, Event, Identity
from . import audit, revocation
from .context import Context
from .transactions import update_fields


def is_offboarded(account: Account) -> bool:
    """Whether an offboarding would find nothing left to end [0-2 queries]."""
    if account.user.is_active or account.state not in {Account.State.DEPROVISIONED, Account.State.DELETED}:
        return False
    vouching = Identity.objects.filter(user=account.user_id, live=True, active=True)
    return not vouching.exists() and not revocation.holders().filter(pk=account.user_id).exists()


def has_access(account: Account) -> bool:
    """Whether a reinstatement would find nothing to give back."""
    return bool(account.user.is_active and account.state == Account.State.ACTIVE)


def describe(context: Context, account: Account, *, kind: str, owner: Any, reason: str = "") -> Event | None:
    """Set kind and owner (a user or None); only what differs is written, and the event shows old and new.

    Gives None, and writes nothing, where nothing differs. A break-glass account is out of the reach of every
    connection that does not manage privileged accounts. [0 or 2 queries]
    """
    wanted = {"kind": kind, "owner": owner}
    changed = {name: value for name, value in wanted.items() if getattr(account, name) != value}
    if not changed:
        return None
    changes = audit.difference(
        {name: _shown(getattr(account, name)) for name in changed},
        {name: _shown(value) for name, value in changed.items()},
    )
    update_fields(account, **changed)
    subject = audit.Subject.user(account.user)
    return audit.record(context, "account.described", subject, changes=changes, reason=reason)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
