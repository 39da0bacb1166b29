"""Leave: access ends. One function ends it for every path; the callers differ in what they do to the identity.

In the caller's transaction: user inactive, session hash rotated, sessions deleted, tokens revoked, the connection's
groups withdrawn, the account stamped, event and ``Leave`` row written with the counts. What cannot join a transaction
follows right after the commit (``revocation``). With another live identity of the person only this connection's
access ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import ProtectedError, RestrictedError

from ..conf import settings
from ..models import Account, Connection, Event, Identity
from . import audit, leaves, management, memberships, revocation, valve
from .context import Context
from .protection import PRIVILEGES, require_unprotected
from .transactions import lock, savepoint, update_fields


@dataclass(frozen=True, slots=True)
class Ended:
    """What a leave ended. ``counts`` is for the event; ``had_access`` is False for who had left already."""

    everywhere: bool
    had_access: bool
    counts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def effects(self) -> dict[str, Any]:
        """The counts with the reach, as events show them."""
        return {"everywhere": self.everywhere, **self.counts}

    @property
    def anything(self) -> bool:
        """Whether there was something to end: a removal of nobody is no removal."""
        return self.had_access or any(self.counts.values())


def deactivate(
    context: Context,
    identity: Identity,
    *,
    fields: Mapping[str, Any],
    changes: Mapping[str, Any],
    effects: Mapping[str, Any],
) -> Event:
    """End the access of an identity that its directory made inactive; the identity row is written already."""
    ended = end_access(context, identity.user, identity, state=Account.State.DEPROVISIONED, fields=fields)
    subject = audit.Subject.user(identity.user, identity.scim_id)
    event = _record(context, "account.deactivated", subject, ended, changes=changes, effects=effects)
    valve.watch(context)
    return event


def delete(context: Context, identity: Identity) -> Event:
    """End the access of a locked identity and make it a tombstone: its userName is free, its id is gone for good.

    Raises:
        ProtectedAccount: the connection may not lock this account out.
    """
    connection = context.required_connection
    require_unprotected(identity.user, connection)
    update_fields(identity, active=False, live=None, deleted_at=context.now, revision=identity.revision + 1)
    identity.values.all().delete()
    user = identity.user
    ended = end_access(context, user, identity, state=Account.State.DELETED, fields={})
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    management.refresh(account)
    subject = audit.Subject.user(user, identity.scim_id)
    type_, effects = "account.deleted", {}
    if connection.delete_mode == Connection.DeleteMode.ERASE and ended.everywhere:
        if _erased(context, user):
            type_ = "account.erased"
        else:
            effects["erasure_refused"] = True
    event = _record(context, type_, subject, ended, effects=effects)
    valve.watch(context)
    return event


def _erased(context: Context, user: Any) -> bool:
    """Delete the Django user; what cannot be revoked, and rows that protect the user, stop that, but not the leave.

    What waits for the commit elsewhere runs at once here: with the user goes the row that would remember it.
    """
    revocation.complete(context, user)
    if revocation.is_open(user):
        return False
    try:
        with savepoint():
            user.delete()
    except (ProtectedError, RestrictedError):
        return False
    return True


def offboard(context: Context, user: Any, *, reason: str) -> Event:
    """End all access of a person by an administrator's or a policy's decision, whatever made the account.

    Every live identity becomes inactive; the directories that push it see ``active: false``.
    """
    identities = list(lock(Identity.objects.filter(user=user, live=True).order_by("pk"), "self"))
    for identity in identities:
        update_fields(identity, active=False, revision=identity.revision + 1, updated_at=context.now)
    return _end_all(context, user, Account.State.DEPROVISIONED, Account.Suspension.NONE, reason)


def suspend(context: Context, user: Any, *, suspension: str, reason: str) -> Event:
    """End all access of a person until it is lifted; what the directories say of the person stays as it is.

    ``suspension`` says who may lift it: an administrator's stands until an administrator reinstates; one for
    staleness ends with the next login that the IdP vouches for.
    """
    return _end_all(context, user, Account.State.SUSPENDED, suspension, reason)


def _end_all(context: Context, user: Any, state: str, suspension: str, reason: str) -> Event:
    management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    ended = end_access(context, user, None, state=state, fields={}, suspension=suspension)
    changes = {"active": {"old": True, "new": False}}
    type_ = "account.suspended" if state == Account.State.SUSPENDED else "account.deactivated"
    return _record(context, type_, audit.Subject.user(user), ended, changes=changes, reason=reason)


def end_access(
    context: Context,
    user: Any,
    identity: Identity | None,
    *,
    state: str,
    fields: Mapping[str, Any],
    suspension: str = Account.Suspension.NONE,
) -> Ended:
    """End access and say what was ended; ``identity`` is None when all of it ends.

    ``fields`` are further user columns of the same write.
    """
    connection = identity.connection if identity is not None else None
    everywhere = connection is None or not _has_other_access(user, identity)
    had_access = bool(user.is_active)
    counts: dict[str, Any] = {"groups_removed": memberships.withdraw(context, user, connection)}
    if not everywhere:
        update_fields(user, **fields)
        return Ended(False, had_access, counts | revocation.revoke(context, user, connection))
    counts |= _lock_out(context, user, state=state, suspension=suspension, fields=fields, by=identity)
    return Ended(True, had_access, counts | revocation.revoke(context, user, None))


def _lock_out(
    context: Context,
    user: Any,
    *,
    state: str,
    suspension: str,
    fields: Mapping[str, Any],
    by: Identity | None,
) -> dict[str, Any]:
    """Make the user inactive, void every session and password, stamp the account, and say what went."""
    had_password = user.has_usable_password()
    privileges = [] if suspension == Account.Suspension.STALE else _privileges(user)
    user.set_unusable_password()  # A new random value: the session hash changes, so every old session is void.
    cleared = dict.fromkeys(privileges, False)
    update_fields(user, is_active=False, password=user.password, **cleared, **fields)
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    if by is not None and account.state == Account.State.SUSPENDED:
        # No directory undoes an administrator's suspension, by a detour over a leave neither.
        state, suspension = account.state, account.suspension
    management.write(account, state=state, suspension=suspension, access_valid_after=context.now)
    return {"password_removed": had_password, "privileges_removed": privileges}


def _privileges(user: Any) -> list[str]:
    """Name the flags that a leave takes away, so that nobody who returns is staff without anybody's saying so."""
    if not settings.LEAVE_CLEARS_PRIVILEGES:
        return []
    return [flag for flag in PRIVILEGES if getattr(user, flag, False)]


def _has_other_access(user: Any, identity: Identity | None) -> bool:
    """Whether another connection still vouches for the person; the user row is locked, so it cannot change."""
    others = Identity.objects.filter(user=user, live=True, active=True)
    return (others.exclude(pk=identity.pk) if identity else others).exists()


def _record(
    context: Context,
    type_: str,
    subject: audit.Subject,
    ended: Ended,
    *,
    effects: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Event:
    event = audit.record(context, type_, subject, effects={**(effects or {}), **ended.effects}, **facts)
    if ended.anything:
        user = subject.instance
        leaves.record(context, user, event, everywhere=ended.everywhere, ended=ended.counts)
    return event
