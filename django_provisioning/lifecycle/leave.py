"""Leave: access ends. One function ends it for every path; the callers differ in what they do to the identity.

In the caller's transaction: user inactive, session hash rotated, sessions deleted, the connection's groups
withdrawn, the account stamped, the event written with the counts. With another live identity of the person only
this connection's access ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import ProtectedError, RestrictedError

from ..models import Account, Connection, Event, Identity
from . import audit, management, memberships, revocation, valve
from .context import Context
from .protection import require_unprotected
from .transactions import lock, savepoint, update_fields


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
    event = audit.record(
        context, "account.deactivated", subject, changes=changes, effects={**effects, **ended}
    )
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
    erase = connection.delete_mode == Connection.DeleteMode.ERASE and ended["everywhere"]
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    management.refresh(account)
    subject = audit.Subject.user(user, identity.scim_id)
    if erase and not _erased(user):
        erase, ended["erasure_refused"] = False, True
    event = audit.record(context, "account.erased" if erase else "account.deleted", subject, effects=ended)
    valve.watch(context)
    return event


def _erased(user: Any) -> bool:
    """Delete the Django user; rows of the project that protect it stop that, but must not stop the leave."""
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
    management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    ended = end_access(context, user, None, state=Account.State.DEPROVISIONED, fields={})
    changes = {"active": {"old": True, "new": False}}
    return audit.record(
        context,
        "account.deactivated",
        audit.Subject.user(user),
        changes=changes,
        effects=ended,
        reason=reason,
    )


def end_access(
    context: Context, user: Any, identity: Identity | None, *, state: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """End access and give the counts for the event; ``identity`` is None when all of it ends.

    ``fields`` are further user columns of the same write.
    """
    connection = identity.connection if identity is not None else None
    everywhere = connection is None or not _has_other_access(user, identity)
    groups = memberships.withdraw(context, user, connection)
    if not everywhere:
        update_fields(user, **fields)
        ended = revocation.revoke(context, user, connection)
        return {"everywhere": False, "groups_removed": groups, **ended}
    had_password = user.has_usable_password()
    user.set_unusable_password()  # A new random value: the session hash changes, so every old session is void.
    update_fields(user, is_active=False, password=user.password, **fields)
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    if identity is not None and account.state == Account.State.SUSPENDED:
        state = (
            account.state
        )  # No directory undoes an administrator's suspension, by a detour over a leave neither.
    management.write(account, state=state, access_valid_after=context.now)
    ended = revocation.revoke(context, user, None)
    return {"everywhere": True, "groups_removed": groups, "password_removed": had_password, **ended}


def _has_other_access(user: Any, identity: Identity | None) -> bool:
    """Whether another connection still vouches for the person; the user row is locked, so it cannot change."""
    others = Identity.objects.filter(user=user, live=True, active=True)
    return (others.exclude(pk=identity.pk) if identity else others).exists()
