"""Lets a person in whom an IdP vouches for: binds, links or makes the account, and notes the login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError

from .. import signals
from ..exceptions import Refuse
from ..mapping import users
from ..mapping.claims import LoginClaims, Sync, decisions, new_account, refreshed
from ..mapping.reach import is_privileged
from ..mapping.users import UserChanges
from ..models import Account, Connection, Event, Identity
from . import audit, claimed_groups, explain, identities, management, move, rejoin
from .context import Context
from .login import LoginMatch, correlate_login
from .naming import free_login_name, plain_login_name
from .outcome import Outcome
from .protection import require_unprotected
from .transactions import savepoint, update_fields

_ORIGINS: Mapping[str, str] = {"saml": Account.Origin.JIT_SAML, "oidc": Account.Origin.JIT_OIDC}

_MATCHES = {
    "known": "The subject is bound to an account of this connection.",
    "bind": "An account of this connection has no subject yet: this login binds it.",
    "link": "A local account that no connection knows, and the linking policy allows it.",
    "create": "Nobody is known by this subject or name: an account is made.",
}


def admit(context: Context, claims: LoginClaims) -> Outcome:
    """Let the person in, in the caller's transaction. Two simultaneous first logins end as one account.

    [4 queries for somebody known whose attributes did not change; the last two write the time of the login]

    Raises:
        Refuse, LinkRefused, AmbiguousMatch, ProtectedAccount: nothing is written.
        ScimError, ValueRefused: the claims do not fit the attributes.
    """
    try:
        with savepoint():
            return _admit(context, claims)
    except IntegrityError:
        pass  # The same person came in through another request between the look and the insert: look again.
    try:
        with savepoint():
            return _admit(context, claims)
    except IntegrityError as error:
        raise Refuse("name_taken", "The user name or subject was taken at the same moment.") from error


def _admit(context: Context, claims: LoginClaims) -> Outcome:
    changes = new_account(claims)
    match = correlate_login(context.required_connection, claims, changes)
    explain.note("match", _MATCHES[match.kind], key=match.key, user=str(match.user or ""))
    if match.identity is not None:
        outcome = _welcome(context, match, claims)
    elif match.kind == "link":
        outcome = _link(context, match.user, claims, changes)
    else:
        outcome = _create(context, claims, changes, login_name_taken=match.login_name_taken)
    _note_login(context, outcome.identity)
    return outcome


def _welcome(context: Context, match: LoginMatch, claims: LoginClaims) -> Outcome:
    """Bind the subject where it is the first login, then refresh attributes and groups as the policy says."""
    identity = match.identity
    assert identity is not None  # noqa: S101  (the caller asked)
    connection = context.required_connection
    identity.connection = connection
    outcome = Outcome("unchanged", identity)
    if match.kind == "bind":
        outcome = Outcome("linked", identity, _bind(context, identity, claims))
    if not identity.user.is_active:
        outcome = Outcome("rejoined", identity, rejoin.return_from_staleness(context, identity))
    if is_privileged(identity.user) and not connection.manages_privileged:
        explain.note("protection", "The account is staff or superuser: the login changes nothing else of it.")
        return outcome
    if identity.scim_managed:
        explain.note("ownership", "SCIM manages the account: a login changes no attribute and no group.")
        if explain.is_rehearsal():
            _explain_attributes(claims, _document(identity), {"default": "never"})
    else:
        explain.note("ownership", "Logins manage the account: attributes and groups follow the policy.")
        outcome = _refresh(context, identity, claims, outcome)
        claimed_groups.apply(context, identity, claims)
    claimed_groups.apply_privileges(context, identity, claims)
    return outcome


def _bind(context: Context, identity: Identity, claims: LoginClaims) -> Event:
    update_fields(
        identity, subject=claims.subject, subject_issuer=claims.issuer, subject_format=claims.subject_format
    )
    account = management.account_of(context, identity.user, origin=Account.Origin.UNKNOWN)
    management.refresh(account)
    return audit.record(context, "account.subject_bound", audit.Subject.user(identity.user, identity.scim_id))


def _refresh(context: Context, identity: Identity, claims: LoginClaims, outcome: Outcome) -> Outcome:
    document, sync = _document(identity), context.required_connection.attribute_sync
    _explain_attributes(claims, document, sync)
    changes = refreshed(claims, document, sync)
    if not move.differs(identity, changes):
        return outcome
    signals.jit_pre_update.send(sender=Identity, claims=claims, identity=identity, changes=changes)
    moved = move.move(context, identity, changes)
    return outcome if outcome.event is not None else moved


def _document(identity: Identity) -> dict[str, Any]:
    return users.document_of(users.row_of(identity), (), "")


def _explain_attributes(claims: LoginClaims, document: Mapping[str, Any], sync: Mapping[str, Sync]) -> None:
    if explain.is_rehearsal():
        for decision in decisions(claims, document, sync):
            explain.note("attribute", decision.reason, **decision.facts())


def _link(context: Context, user: Any, claims: LoginClaims, changes: UserChanges) -> Outcome:
    """Give a local account an identity of this connection; its attributes follow the sync policy like any other."""
    require_unprotected(user, context.required_connection)
    if not user.is_active:
        raise Refuse("deprovisioned", "The local account is not active.")
    _require_seat(context.required_connection)
    changes = _linked_changes(context, user, claims, changes.user_name)
    account = management.account_of(context, user, origin=Account.Origin.MANUAL)
    identity = identities.create_at_login(context, user, changes, claims)
    subject = audit.Subject.user(user, identity.scim_id)
    event = audit.record(context, "account.linked", subject, changes=audit.difference({}, changes.facts()))
    update_fields(user, **move.changed_fields(user, changes))
    management.refresh(account)
    claimed_groups.apply(context, identity, claims)
    claimed_groups.apply_privileges(context, identity, claims)
    return Outcome("linked", identity, event)


def _linked_changes(context: Context, user: Any, claims: LoginClaims, user_name: str) -> UserChanges:
    """Give what a local account holds, with what the sync rules let in."""
    present = Identity(
        connection=context.required_connection,
        user=user,
        user_name=user_name,
        created_at=context.now,
        updated_at=context.now,
    )
    document, sync = _document(present), context.required_connection.attribute_sync
    _explain_attributes(claims, document, sync)
    return refreshed(claims, document, sync)


def _create(
    context: Context, claims: LoginClaims, changes: UserChanges, *, login_name_taken: bool
) -> Outcome:
    connection = context.required_connection
    _require_seat(connection)
    signals.jit_pre_create.send(sender=Identity, claims=claims, changes=changes, connection=connection)
    name = free_login_name(plain_login_name(changes), connection, is_taken=login_name_taken)
    user = identities.create_user(name, changes)
    Account(
        user=user,
        origin=_ORIGINS[claims.protocol],
        state=Account.State.ACTIVE,
        managed_by=Account.ManagedBy.SSO,
        created_at=context.now,
    ).save(force_insert=True)
    identity = identities.create_at_login(context, user, changes, claims)
    subject = audit.Subject.user(user, identity.scim_id)
    event = audit.record(context, "account.created", subject, changes=audit.difference({}, changes.facts()))
    claimed_groups.give_defaults(context, identity)
    claimed_groups.apply(context, identity, claims)
    claimed_groups.apply_privileges(context, identity, claims)
    return Outcome("created", identity, event)


def _require_seat(connection: Connection) -> None:
    limit = connection.seat_limit
    if (
        limit is not None
        and Identity.objects.filter(connection=connection, live=True, active=True).count() >= limit
    ):
        raise Refuse("seat_limit", f"All {limit} seats of this connection are taken.")


def _note_login(context: Context, identity: Identity) -> None:
    update_fields(identity, last_login_at=context.now)
    account = management.account_of(context, identity.user, origin=Account.Origin.UNKNOWN)
    update_fields(account, last_seen_at=context.now)
