"""Move: the directory changes what it said of a person. Only rows and columns that differ are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..mapping.fields import user_map
from ..mapping.users import UserChanges, value_at
from ..models import Identity
from . import audit, identities, leave, rejoin
from .context import Context
from .naming import renamed
from .outcome import Outcome
from .protection import require_unprotected
from .transactions import update_fields


def move(
    context: Context, identity: Identity, changes: UserChanges, *, ignored: Sequence[str] = ()
) -> Outcome:
    """Bring a locked identity and its user to the desired values; becoming inactive is a leave, active a rejoin.

    [≤ 4 queries without a change of ``active``: identity, searchable attributes, user, event]

    Raises:
        ProtectedAccount: the connection may not change this account.
        NotUnique: the new userName or externalId is taken in this connection.
    """
    require_unprotected(identity.user, context.required_connection)
    was_active = identities.is_active(identity)
    differences = audit.difference(identities.facts(identity), changes.facts())
    fields = changed_fields(identity.user, changes) | _new_login_name(identity, changes)
    if not differences and not fields:
        update_fields(identity, last_synced_at=context.now)
        return Outcome("unchanged", identity)
    # While an administrator has suspended the account it reads inactive; that is no statement of the IdP.
    active = identity.active if changes.active == was_active else changes.active
    differences = _undone_edits(identity, fields) | differences
    identities.rewrite(context, identity, changes, active=active)
    effects: dict[str, Any] = {"ignored": list(ignored)}
    if changes.active == was_active:
        update_fields(identity.user, **fields)
        subject = audit.Subject.user(identity.user, identity.scim_id)
        event = audit.record(context, "account.updated", subject, changes=differences, effects=effects)
        return Outcome("moved", identity, event)
    if changes.active:
        event = rejoin.reactivate(context, identity, fields=fields, changes=differences, effects=effects)
        return Outcome("rejoined", identity, event)
    event = leave.deactivate(context, identity, fields=fields, changes=differences, effects=effects)
    return Outcome("left", identity, event)


def differs(identity: Identity, changes: UserChanges) -> bool:
    """Whether a move would write anything."""
    return identities.facts(identity) != changes.facts() or bool(changed_fields(identity.user, changes))


def changed_fields(user: Any, changes: UserChanges) -> dict[str, Any]:
    """Give the user fields whose value differs from the desired one."""
    return {name: value for name, value in changes.fields.items() if getattr(user, name) != value}


def _undone_edits(identity: Identity, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give, as an event shows them, the local edits that ``fields`` will overwrite."""
    live = {
        path: getattr(identity.user, name) or None
        for path, name in user_map().fields.items()
        if name in fields
    }
    edited = {path for path, value in live.items() if value != value_at(identity.attributes, path)}
    desired = {path: fields[user_map().fields[path]] or None for path in edited}
    return audit.difference({path: live[path] for path in edited}, desired)


def _new_login_name(identity: Identity, changes: UserChanges) -> dict[str, Any]:
    name = renamed(identity, changes)
    return {user_map().login_field: name} if name else {}
