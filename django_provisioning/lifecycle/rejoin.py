"""Rejoin: a person who left is back. Nothing returns by itself: groups, sessions and tokens stay gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..mapping.users import UserChanges
from ..models import Account, Event, Identity
from . import audit, identities, management
from .context import Context
from .outcome import Outcome
from .protection import require_unprotected
from .transactions import lock, update_fields


def reactivate(
    context: Context,
    identity: Identity,
    *,
    fields: Mapping[str, Any],
    changes: Mapping[str, Any],
    effects: Mapping[str, Any],
) -> Event:
    """Make the user active again because its directory says so; the identity row is written already.

    An account that an administrator suspended stays suspended: the event says so and the IdP still reads inactive.
    """
    account = management.account_of(context, identity.user, origin=Account.Origin.UNKNOWN)
    subject = audit.Subject.user(identity.user, identity.scim_id)
    if account.state == Account.State.SUSPENDED:
        update_fields(identity.user, **fields)
        return audit.record(
            context, "account.activated", subject, changes=changes, effects=effects,
            outcome=Event.Outcome.SKIPPED, reason="suspended_by_administrator",
        )  # fmt: skip
    was_staged = account.state == Account.State.STAGED
    update_fields(identity.user, is_active=True, **fields)
    management.write(account, state=Account.State.ACTIVE, suspension=Account.Suspension.NONE)
    type_ = "account.activated" if was_staged else "account.reinstated"
    return audit.record(context, type_, subject, changes=changes, effects=effects)


def return_after_delete(
    context: Context, tombstone: Identity, changes: UserChanges, *, ignored: Sequence[str] = ()
) -> Outcome:
    """Give a person whom the directory deleted a new identity on the same Django user (history kept).

    The SCIM id is new: the old one answers 404 for ever. A bound SSO subject stays bound, so that the person can log
    in again and a new hire of the same name cannot.
    """
    user = tombstone.user
    require_unprotected(user, context.required_connection)
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    identity = identities.create(
        context,
        user,
        changes,
        subject=tombstone.subject,
        subject_issuer=tombstone.subject_issuer,
        subject_format=tombstone.subject_format,
    )
    suspended = account.state == Account.State.SUSPENDED
    update_fields(user, is_active=changes.active and not suspended, **changes.fields)
    state = (
        account.state
        if suspended
        else Account.State.ACTIVE
        if changes.active
        else Account.State.DEPROVISIONED
    )
    management.refresh(account, state=state)
    event = audit.record(
        context,
        "account.reinstated",
        audit.Subject.user(user, identity.scim_id),
        changes=audit.difference({}, changes.facts()),
        effects={"ignored": list(ignored), "former_scim_id": tombstone.scim_id},
    )
    return Outcome("rejoined", identity, event)


def reinstate(context: Context, user: Any, *, reason: str) -> Event:
    """Let a person in again by an administrator's decision; every live identity becomes active."""
    live = list(lock(Identity.objects.filter(user=user, live=True).order_by("pk"), "self"))
    for identity in live:
        update_fields(identity, active=True, revision=identity.revision + 1, updated_at=context.now)
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    changes = {"active": {"old": user.is_active, "new": True}}
    update_fields(user, is_active=True)
    management.refresh(account, state=Account.State.ACTIVE, suspension=Account.Suspension.NONE)
    return audit.record(
        context, "account.reinstated", audit.Subject.user(user), changes=changes, reason=reason
    )
