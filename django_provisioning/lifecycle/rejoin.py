"""Rejoin: a person who left is back. Nothing returns by itself: groups, sessions and tokens stay gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..mapping.users import UserChanges
from ..models import Account, Event, Identity
from . import accounts, audit, explain, identities, leaves, management, revocation
from .context import Context
from .outcome import Outcome
from .protection import require_unprotected
from .transactions import lock, update_fields

_IS_BACK: Mapping[str, Any] = {"active": {"old": False, "new": True}}


def reactivate(
    context: Context,
    identity: Identity,
    *,
    fields: Mapping[str, Any],
    changes: Mapping[str, Any],
    effects: Mapping[str, Any],
    reason: str = "",
) -> Event:
    """Make the user active again because its directory says so; the identity row is written already.

    Not of an account that an administrator suspended, nor of a person outside of the group that the connection
    requires: the event says which, and the IdP still reads inactive. What is still to be revoked is tried first.
    """
    account = management.account_of(context, identity.user, origin=Account.Origin.UNKNOWN)
    subject = audit.Subject.user(identity.user, identity.scim_id)
    if obstacle := _obstacle(account, identity):
        update_fields(identity.user, **fields)
        return audit.record(
            context, "account.activated", subject, changes=changes, effects=effects,
            outcome=Event.Outcome.SKIPPED, reason=obstacle,
        )  # fmt: skip
    was_staged = account.state == Account.State.STAGED
    _reopen(context, account, identity.user, fields)
    type_ = "account.activated" if was_staged else "account.reinstated"
    return audit.record(context, type_, subject, changes=changes, effects=effects, reason=reason)


def return_from_staleness(context: Context, identity: Identity) -> Event:
    """Lift the stale-account policy's suspension: the IdP vouches for the person by a fresh login.

    Raises:
        ProtectedAccount: the connection may not change this account.
    """
    require_unprotected(identity.user, context.required_connection)
    account = management.account_of(context, identity.user, origin=Account.Origin.UNKNOWN)
    _reopen(context, account, identity.user, {})
    return audit.record(
        context,
        "account.reinstated",
        audit.Subject.user(identity.user, identity.scim_id),
        changes=_IS_BACK,
        reason="login_after_staleness",
    )


def is_stale(user: Any) -> bool:
    """Whether nothing but the stale-account policy keeps the person out."""
    account = getattr(user, "provisioning_account", None)
    return (
        account is not None
        and account.state == Account.State.SUSPENDED
        and account.suspension == Account.Suspension.STALE
    )


def _obstacle(account: Account, identity: Identity) -> str:
    """Name what a directory's word does not lift, "" if there is nothing."""
    if account.state == Account.State.SUSPENDED and account.suspension != Account.Suspension.STALE:
        return "suspended_by_administrator"
    return "outside_required_group" if identity.outside_since is not None else ""


def _reopen(context: Context, account: Account, user: Any, fields: Mapping[str, Any]) -> None:
    """Finish what is still to be revoked, as far as it lets itself be finished, and make the user active."""
    if not explain.is_rehearsal() and revocation.complete(context, user):
        leaves.close_finished(user)
    values: dict[str, Any] = {"suspension": Account.Suspension.NONE, "stale_warned_at": None}
    if not user.is_active and context.actor.type != "sso_login":
        fields = {**fields, **_without_the_old(context, account, user)}
        # What was issued while the leave ran is younger than its beginning, but not than the return. A login that
        # brings a person back was verified before this moment and must not be voided by it.
        values["access_valid_after"] = context.now
    update_fields(user, is_active=True, **fields)
    management.write(account, state=Account.State.ACTIVE, **values)


def _without_the_old(context: Context, account: Account, user: Any) -> dict[str, str]:
    """End what was made while the person was out, and give the password field that voids old sessions.

    A password that somebody set for the return stays, unless the leave was never completed (``QuerySet.update()``).
    """
    revocation.revoke_again(context, user)
    if user.has_usable_password() and account.state != Account.State.ACTIVE:
        return {}
    user.set_unusable_password()
    return {"password": user.password}


def return_after_delete(
    context: Context, tombstone: Identity, changes: UserChanges, *, ignored: Sequence[str] = ()
) -> Outcome:
    """Give a person whom the directory deleted a new identity on the same Django user (history kept).

    The SCIM id is new: the old one answers 404 for ever. A bound SSO subject stays bound, so that the person can log
    in again and a new hire of the same name cannot. What another connection vouches for is not touched.
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
    obstacle = _obstacle(account, identity) if changes.active else ""
    if changes.active and not obstacle:
        _reopen(context, account, user, changes.fields)
    else:
        update_fields(user, **changes.fields)
    # Somebody of whom only inactive identities are known has left, but is not deleted any more.
    is_deleted = account.state == Account.State.DELETED
    management.refresh(account, state=Account.State.DEPROVISIONED if is_deleted else account.state)
    event = audit.record(
        context,
        "account.reinstated",
        audit.Subject.user(user, identity.scim_id),
        changes=audit.difference({}, changes.facts()),
        effects={"ignored": list(ignored), "former_scim_id": tombstone.scim_id},
        outcome=Event.Outcome.SKIPPED if obstacle else Event.Outcome.SUCCESS,
        reason=obstacle,
    )
    return Outcome("rejoined", identity, event)


def reinstate(context: Context, user: Any, *, reason: str) -> Event | None:
    """Let a person in again by an administrator's decision.

    Where an administrator, or the stale-account policy, had suspended the account, the suspension ends and the
    directories' word counts again: if all of them say inactive, the person stays out. Otherwise the directories are
    overruled, and every live identity becomes active. Gives None, and writes nothing, for who has access.
    """
    account = management.locked(context, user, origin=Account.Origin.UNKNOWN)
    if accounts.has_access(account):
        return None
    live = list(lock(Identity.objects.filter(user=user, live=True).order_by("pk"), "self"))
    subject = audit.Subject.user(user)
    if account.state == Account.State.SUSPENDED:
        if live and not any(identity.active for identity in live):
            gone = Account.State.DEPROVISIONED
            management.refresh(account, state=gone, suspension=Account.Suspension.NONE)
            effects = {"still_inactive": "its directory says that the person left"}
            return audit.record(context, "account.suspension_lifted", subject, effects=effects, reason=reason)
    else:
        for identity in live:
            facts = {"active": True, "outside_since": None}
            update_fields(identity, **facts, revision=identity.revision + 1, updated_at=context.now)
    changes = {"active": {"old": user.is_active, "new": True}}
    _reopen(context, account, user, {})
    management.refresh(account)
    return audit.record(context, "account.reinstated", subject, changes=changes, reason=reason)
