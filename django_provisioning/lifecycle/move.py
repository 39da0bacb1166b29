"""Move: the directory changes what it said of a person. Only rows and columns that differ are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..mapping.fields import user_map
from ..mapping.owners import pushed_at
from ..mapping.users import UserChanges
from ..models import Identity
from . import audit, identities, leave, rejoin
from .context import Context
from .naming import renamed
from .outcome import Outcome
from .protection import require_unprotected
from .transactions import update_fields


def move(
    context: Context,
    identity: Identity,
    changes: UserChanges,
    *,
    ignored: Sequence[str] = (),
    states_active: bool = False,
) -> Outcome:
    """Bring a locked identity and its user to the desired values; becoming inactive is a leave, active a rejoin.

    ``states_active``: the request names ``active`` of its own accord. Then "inactive" is the IdP's word also where the
    account reads inactive already, for another reason; elsewhere it may be the echo of what the IdP has read.

    [≤ 4 queries without a change of ``active``: identity, searchable attributes, user, event]

    Raises:
        ProtectedAccount: the connection may not change this account.
        NotUnique: the new userName or externalId is taken in this connection.
    """
    require_unprotected(identity.user, context.required_connection)
    turn = _turn(identity, changes, states_active)
    differences = audit.difference(identities.facts(identity), changes.facts())
    fields = changed_fields(identity.user, changes) | _new_login_name(identity, changes)
    if not differences and not fields and not turn:
        update_fields(identity, last_synced_at=context.now)
        return Outcome("unchanged", identity)
    differences = _undone_edits(identity, fields) | differences
    identities.rewrite(context, identity, changes, **_standing(context, identity, turn))
    facts: dict[str, Any] = {"changes": differences, "effects": {"ignored": list(ignored)}}
    if turn == "left":
        facts["changes"] = {**differences, "active": {"old": True, "new": False}}
        return Outcome("left", identity, leave.deactivate(context, identity, fields=fields, **facts))
    if turn == "rejoined":
        return Outcome("rejoined", identity, rejoin.reactivate(context, identity, fields=fields, **facts))
    update_fields(identity.user, **fields)
    subject = audit.Subject.user(identity.user, identity.scim_id)
    return Outcome("moved", identity, audit.record(context, "account.updated", subject, **facts))


def _turn(identity: Identity, changes: UserChanges, states_active: bool) -> Literal["left", "rejoined", ""]:
    """Say whether the changes end or give back access, "" if neither."""
    was_active = identities.is_active(identity)
    if changes.active:
        return "" if was_active else "rejoined"
    # Suspended, or outside of the required group: it reads inactive, and that is no statement of the IdP.
    was_vouched_for = identity.active or identity.outside_since is not None
    return "left" if was_active or (states_active and was_vouched_for) else ""


def _standing(context: Context, identity: Identity, turn: str) -> dict[str, Any]:
    """Give what the identity row says of access after the move."""
    is_held_out = identity.outside_since is not None and context.required_connection.required_group
    if not turn or (turn == "rejoined" and is_held_out):
        return {}
    return {"active": turn == "rejoined", "outside_since": None}


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
    edited = {path for path, value in live.items() if value != pushed_at(identity, path)}
    desired = {path: fields[user_map().fields[path]] or None for path in edited}
    return audit.difference({path: live[path] for path in edited}, desired)


def _new_login_name(identity: Identity, changes: UserChanges) -> dict[str, Any]:
    name = renamed(identity, changes)
    return {user_map().login_field: name} if name else {}
