"""Join: a person whom a directory pushes gets an account, or the one that is theirs already (DESIGN: flows)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import IntegrityError

from ..exceptions import NotUnique
from ..mapping.users import UserChanges
from ..models import Account
from . import audit, explain, identities, link, rejoin
from .context import Context
from .correlation import Match, correlate
from .naming import free_login_name, plain_login_name
from .outcome import Outcome
from .transactions import savepoint

_MATCHES = {
    "new": "Nobody with this userName or externalId is known: an account is made.",
    "adopt": "A login of this connection made the account: SCIM takes it over.",
    "rejoin": "The connection deleted this person before: the same Django user gets a new identity.",
    "link": "A local account that no connection knows, and the linking policy allows it.",
}


# Inserts the Django user under a login name; gives it with further columns of its identity.
Maker = Callable[[str, UserChanges], tuple[Any, dict[str, Any]]]


def _made(login_name: str, changes: UserChanges) -> tuple[Any, dict[str, Any]]:
    return identities.create_user(login_name, changes), {}


def join(
    context: Context, changes: UserChanges, *, ignored: Sequence[str] = (), maker: Maker = _made
) -> Outcome:
    """Make, adopt, revive or link the account of a pushed person, in the caller's transaction.

    ``ignored`` names what the request held and nothing stores; the event repeats it. Two simultaneous joins of one
    userName end as one account: the loser's insert fails on a constraint and it correlates once more. [≤ 7 queries]

    Raises:
        NotUnique, AmbiguousMatch, LinkRefused, ProtectedAccount: see ``correlation`` and ``protection``.
    """
    try:
        with savepoint():
            return _join(context, changes, ignored, maker)
    except IntegrityError:
        pass  # Somebody else took the name between the look and the insert: look again.
    try:
        with savepoint():
            return _join(context, changes, ignored, maker)
    except IntegrityError as error:
        raise NotUnique("userName or externalId was taken at the same moment. Repeat the request.") from error


def _join(context: Context, changes: UserChanges, ignored: Sequence[str], maker: Maker) -> Outcome:
    found = correlate(context.required_connection, changes)
    explain.note("match", _MATCHES[found.kind], key=found.key, user=str(found.user or ""))
    match found:
        case Match(kind="adopt", identity=identity) if identity is not None:
            return link.adopt(context, identity, changes, ignored=ignored)
        case Match(kind="rejoin", identity=identity) if identity is not None:
            return rejoin.return_after_delete(context, identity, changes, ignored=ignored)
        case Match(kind="link", user=user):
            return link.link(context, user, changes, ignored=ignored)
        case match:
            connection = context.required_connection
            name = free_login_name(plain_login_name(changes), connection, is_taken=match.login_name_taken)
            return _create(context, changes, maker(name, changes), ignored)


def _create(
    context: Context, changes: UserChanges, made: tuple[Any, dict[str, Any]], ignored: Sequence[str]
) -> Outcome:
    user, columns = made
    Account(
        user=user,
        origin=Account.Origin.SCIM,
        state=Account.State.ACTIVE if changes.active else Account.State.STAGED,
        managed_by=Account.ManagedBy.SCIM,
        created_at=context.now,
    ).save(force_insert=True)
    identity = identities.create(context, user, changes, **columns)
    event = audit.record(
        context,
        "account.created",
        audit.Subject.user(user, identity.scim_id),
        changes=audit.difference({}, changes.facts()),
        effects={"ignored": list(ignored)},
    )
    return Outcome("created", identity, event)
