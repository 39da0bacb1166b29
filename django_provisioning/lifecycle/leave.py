"""Leave: access ends. One function ends it for every path; the callers differ in what they do to the identity.

In the caller's transaction: user inactive, session hash rotated, sessions deleted, tokens revoked, the connection's
groups withdrawn, the account stamped, event and ``Leave`` row written with the counts. What cannot join a transaction
follows right after the commit (``revocation``). While an enabled connection still vouches for the person, only the
access that came through this one ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import ProtectedError, RestrictedError

from ..conf import settings
from ..mapping.reach import PRIVILEGES
from ..models import Account, Connection, Event, Identity
from . import accounts, audit, explain, leaves, management, memberships, revocation, valve
from .context import Context
from .protection import require_unprotected
from .transactions import lock, on_commit, own_writes, savepoint, update_fields

_NOTHING: Mapping[str, Any] = {}
_WAS_ACTIVE: Mapping[str, Any] = {"active": {"old": True, "new": False}}


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
        return self.had_access or any(count for name, count in self.counts.items() if name != "open")


def deactivate(
    context: Context,
    identity: Identity,
    *,
    fields: Mapping[str, Any],
    changes: Mapping[str, Any],
    effects: Mapping[str, Any],
) -> Event:
    """End the access of an identity that its directory made inactive; the identity row is written already."""
    event = end_identity(context, identity, fields=fields, changes=changes, effects=effects)
    valve.watch(context)
    return event


def end_identity(
    context: Context,
    identity: Identity,
    *,
    fields: Mapping[str, Any] = _NOTHING,
    changes: Mapping[str, Any] = _WAS_ACTIVE,
    effects: Mapping[str, Any] = _NOTHING,
    reason: str = "",
) -> Event:
    """Do the same without a look at how many leave: the caller ends many, and looks once."""
    ended = end_access(context, identity.user, identity, state=Account.State.DEPROVISIONED, fields=fields)
    subject = audit.Subject.user(identity.user, identity.scim_id)
    return _record(
        context, "account.deactivated", subject, ended, changes=changes, effects=effects, reason=reason
    )


def delete(context: Context, identity: Identity) -> Event:
    """End the access of a locked identity and make it a tombstone: its userName is free, its id is gone for good.

    Raises:
        ProtectedAccount: the connection may not lock this account out.
    """
    connection = context.required_connection
    require_unprotected(identity.user, connection)
    vouched = identity.active
    update_fields(identity, active=False, live=None, deleted_at=context.now, revision=identity.revision + 1)
    identity.values.all().delete()
    user = identity.user
    ended = end_access(context, user, identity, state=Account.State.DELETED, fields={}, vouched=vouched)
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
    if not explain.is_rehearsal():
        revocation.complete(context, user)
        if revocation.is_open(user):
            return False
    try:
        with savepoint(), own_writes():
            user.delete()
    except (ProtectedError, RestrictedError):
        return False
    return True


def erased_by_project(context: Context, user: Any) -> Event:
    """End the access of a user whose row the project's own code is about to delete, and keep the trail.

    Rows with a key to the user go with the row; sessions have none, and what lies outside of the database neither.
    What cannot be revoked is told (``access.revocation_failed``), because no row can remember it. [about 10 queries]
    """
    had_access = bool(user.is_active)
    counts: dict[str, Any] = {"groups_removed": memberships.withdraw(context, user, None)}
    counts |= revocation.revoke_now(context, user)
    ended = Ended(True, had_access, counts)
    return _record(context, "account.erased", audit.Subject.user(user), ended, user_stays=False)


def offboard(context: Context, user: Any, *, reason: str) -> Event | None:
    """End all access of a person by an administrator's or a policy's decision, whatever made the account.

    Every live identity becomes inactive; the directories that push it see ``active: false``. Gives None, and writes
    nothing, for who has left for good already: of two administrators at once one ends it.
    """
    account = management.locked(context, user, origin=Account.Origin.UNKNOWN)
    if accounts.is_offboarded(account):
        return None
    for identity in lock(Identity.objects.filter(user=user, live=True).order_by("pk"), "self"):
        facts = {"active": False, "outside_since": None}
        update_fields(identity, **facts, revision=identity.revision + 1, updated_at=context.now)
    ended = end_access(context, user, None, state=Account.State.DEPROVISIONED, fields={})
    subject = audit.Subject.user(user)
    return _record(context, "account.deactivated", subject, ended, changes=_WAS_ACTIVE, reason=reason)


def suspend(context: Context, user: Any, *, suspension: str, reason: str) -> Event | None:
    """End all access of a person until it is lifted; what the directories say of the person stays as it is.

    ``suspension`` says who may lift it: an administrator's stands until an administrator reinstates; one for
    staleness ends with the next login that the IdP vouches for. Gives None, and writes nothing, for who has left, and
    for who is suspended already by somebody who outranks or is the same.
    """
    account = management.locked(context, user, origin=Account.Origin.UNKNOWN)
    if not user.is_active and _outranks(account, suspension):
        return None
    ended = end_access(context, user, None, state=Account.State.SUSPENDED, fields={}, suspension=suspension)
    subject = audit.Subject.user(user)
    return _record(context, "account.suspended", subject, ended, changes=_WAS_ACTIVE, reason=reason)


def _outranks(account: Account, suspension: str) -> bool:
    """Whether the account is shut at least as firmly as a suspension would do it."""
    if account.state in {Account.State.DEPROVISIONED, Account.State.DELETED}:
        return True
    suspended = account.state == Account.State.SUSPENDED
    return suspended and suspension in {Account.Suspension.STALE, account.suspension}


def end_access(
    context: Context,
    user: Any,
    identity: Identity | None,
    *,
    state: str,
    fields: Mapping[str, Any],
    suspension: str = Account.Suspension.NONE,
    vouched: bool = True,
) -> Ended:
    """End access and say what was ended; ``identity`` is None when all of it ends.

    ``fields`` are further user columns of the same write. ``vouched`` is False where the identity opened nothing.
    """
    connection = identity.connection if identity is not None else None
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    everywhere = connection is None or not has_other_access(user, identity)
    # Code of the project that made the user inactive has left the account as it was.
    had_access = vouched and bool(user.is_active or account.state == Account.State.ACTIVE)
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
    stale = Account.Suspension.STALE
    if by is not None and account.state == Account.State.SUSPENDED and account.suspension != stale:
        # No directory undoes an administrator's suspension, by a detour over a leave neither.
        state, suspension = account.state, account.suspension
    management.write(account, state=state, suspension=suspension, access_valid_after=context.now)
    return {"password_removed": had_password, "privileges_removed": privileges}


def _privileges(user: Any) -> list[str]:
    """Name the flags that a leave takes away, so that nobody who returns is staff without anybody's saying so."""
    if not settings.LEAVE_CLEARS_PRIVILEGES:
        return []
    return [flag for flag in PRIVILEGES if getattr(user, flag, False)]


def has_other_access(user: Any, identity: Identity | None) -> bool:
    """Whether another connection still vouches for the person; the user row is locked, so it cannot change.

    A disabled connection vouches for nobody: nobody would tell when the person leaves there.
    """
    others = Identity.objects.filter(user=user, live=True, active=True, connection__enabled=True)
    others = others.exclude(pk=identity.pk) if identity else others
    # Locked, because a plain read under REPEATABLE READ would look at what was before the lock on the user.
    return lock(others.order_by("pk"), "self").first() is not None


def _record(
    context: Context,
    type_: str,
    subject: audit.Subject,
    ended: Ended,
    *,
    effects: Mapping[str, Any] | None = None,
    user_stays: bool = True,
    **facts: Any,
) -> Event:
    event = audit.record(context, type_, subject, effects={**(effects or {}), **ended.effects}, **facts)
    if ended.anything:
        user = subject.instance if user_stays else None
        leaves.record(context, user, event, everywhere=ended.everywhere, ended=ended.counts)
    elif ended.counts.get("open"):
        on_commit(partial(revocation.complete, context, subject.instance))
    return event
