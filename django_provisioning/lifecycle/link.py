"""Link: an account that is there already comes under the care of a connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..mapping.users import UserChanges
from ..models import Account, Identity
from . import audit, identities, leave, management, move, rejoin
from .context import Context
from .outcome import Outcome
from .protection import require_unprotected
from .transactions import update_fields


def adopt(
    context: Context, identity: Identity, changes: UserChanges, *, ignored: Sequence[str] = ()
) -> Outcome:
    """Let SCIM manage an identity of this connection that login made: same primary key, history kept."""
    require_unprotected(identity.user, context.required_connection)
    update_fields(identity, scim_managed=True)
    subject = audit.Subject.user(identity.user, identity.scim_id)
    event = audit.record(context, "account.adopted", subject, effects={"ignored": list(ignored)})
    move.move(context, identity, changes, states_active=not changes.active)
    account = management.account_of(context, identity.user, origin=Account.Origin.UNKNOWN)
    management.refresh(account)
    return Outcome("adopted", identity, event)


def link(context: Context, user: Any, changes: UserChanges, *, ignored: Sequence[str] = ()) -> Outcome:
    """Give a local account an identity of this connection; the policy has been asked (``correlation``).

    The account keeps its primary key and its login name. What the directory pushed is written as a move would.
    """
    require_unprotected(user, context.required_connection)
    account = management.account_of(context, user, origin=Account.Origin.MANUAL)
    identity = identities.create(context, user, changes)
    event = audit.record(
        context,
        "account.linked",
        audit.Subject.user(user, identity.scim_id),
        changes=audit.difference({}, changes.facts()),
        effects={"ignored": list(ignored)},
    )
    _align_user(context, identity, changes)
    management.refresh(account)
    return Outcome("linked", identity, event)


def _align_user(context: Context, identity: Identity, changes: UserChanges) -> None:
    """Write the pushed fields and state to the user row of a freshly linked identity."""
    fields = move.changed_fields(identity.user, changes)
    if changes.active == identity.user.is_active:
        update_fields(identity.user, **fields)
    elif changes.active:
        rejoin.reactivate(context, identity, fields=fields, changes={}, effects={})
    else:
        leave.deactivate(context, identity, fields=fields, changes={}, effects={})
