"""Runs every revoker of the project for a user; what has not succeeded is a row, and keeps the leave OPEN.

A revoker that only writes to the database runs in the transaction of the leave. The others wait for the commit; each
has a ``PendingRevocation`` row from the transaction on, which goes when it has succeeded. So a process may die at any
point: either nothing happened, or ``complete`` (called after the commit, by ``provisioning_run`` and by the guard at
the next request of the account) finishes it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from .. import signals
from ..conf import settings
from ..models import Connection, CredentialOrigin, Event, PendingRevocation, SessionIndex
from . import audit, explain
from .context import Context
from .revokers.base import Revoker
from .transactions import database, lock, run, savepoint, update_fields

logger = logging.getLogger("django_provisioning.revocation")

_HERE = "django_provisioning.lifecycle.revokers"
# allauth's list of sessions stands before ours, which it reads to tell the connections apart.
BUILT_IN = (
    f"{_HERE}.usersessions.UserSessionRevoker",
    f"{_HERE}.sessions.SessionRevoker",
    f"{_HERE}.authtoken.AuthTokenRevoker",
    f"{_HERE}.knox.KnoxRevoker",
    f"{_HERE}.simplejwt.RefreshTokenRevoker",
    f"{_HERE}.oauth.OAuthRevoker",
    f"{_HERE}.otp.DeviceRevoker",
    f"{_HERE}.mfa.AuthenticatorRevoker",
    f"{_HERE}.agent_trust.TrustedAgentRevoker",
    f"{_HERE}.channels.SocketRevoker",
)

# The first repetition waits this long, each further one twice as long, up to an hour.
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


def revokers() -> Sequence[Revoker]:
    """Give the revokers that run: those of what is installed, without what ``REVOKERS_OFF`` names."""
    return [revoker for revoker in installed() if revoker.kind not in settings.REVOKERS_OFF]


def installed() -> Sequence[Revoker]:
    """Give the revokers of what is installed: ours, then the project's."""
    return [revoker for revoker in known() if revoker.is_installed()]


def known() -> Sequence[Revoker]:
    """Give every revoker, of packages that are not installed as well."""
    return _all(BUILT_IN + tuple(settings.REVOKERS))


def holders() -> QuerySet[Any]:
    """Give the users who hold any kind of access that can be listed."""
    holding = Q(pk__in=SessionIndex.objects.values("user_id"))
    for revoker in revokers():
        found = revoker.holders()
        if found is not None:
            holding |= Q(pk__in=found)
    return get_user_model()._base_manager.filter(holding)


@lru_cache(maxsize=8)
def _all(paths: tuple[str, ...]) -> tuple[Revoker, ...]:
    return tuple(import_string(path)() for path in paths)


def revoke(
    context: Context, user: Any, connection: Connection | None, *, kinds: Sequence[str] | None = None
) -> dict[str, Any]:
    """End every kind of access and give ``{"sessions": 2, "open": ["knox_tokens"]}`` for the event.

    ``kinds`` limits it to some revokers. "open" names what has still to run after the commit and what failed: a
    revoker that raises does not stop the others, because the account is inactive already.
    """
    chosen = [one for one in revokers() if kinds is None or one.kind in kinds]
    now = [one for one in chosen if one.database_only]
    later = [one.kind for one in chosen if not one.database_only]
    ended = _together(now, user, connection)
    if ended is None:
        ended = _one_by_one(context, now, user, connection)
    if connection is None:
        CredentialOrigin.objects.filter(user=user, kind__in=list(ended)).delete()
    if later:
        explain.note("revocation", f"After the commit: {', '.join(later)}.")
        rows = [_pending(context, user, kind, connection) for kind in later]
        PendingRevocation.objects.bulk_create(rows, ignore_conflicts=True)
    failed = [one.kind for one in now if one.kind not in ended]
    return {**ended, "open": later + failed}


def _together(chosen: Sequence[Revoker], user: Any, connection: Connection | None) -> dict[str, int] | None:
    """Run them in one savepoint and give the counts; None where one failed, and then nothing is done yet."""
    try:
        with savepoint():
            return {one.kind: one.revoke(user, connection) for one in chosen}
    except Exception:  # A third party's code; whatever it raises must not undo the leave.
        if connections[database()].needs_rollback:
            raise  # A deadlock took the whole transaction with it: all of the leave has to be repeated.
        return None


def _one_by_one(
    context: Context, chosen: Sequence[Revoker], user: Any, connection: Connection | None
) -> dict[str, int]:
    """Run each in a savepoint of its own, remember who fails, and give the counts of the others."""
    ended: dict[str, int] = {}
    for revoker in chosen:
        try:
            with savepoint():
                ended[revoker.kind] = revoker.revoke(user, connection)
        except Exception as error:  # As above.
            if connections[database()].needs_rollback:
                raise
            _note_failure(context, user, _remember(context, user, revoker.kind, connection), error)
    return ended


def revoke_now(context: Context, user: Any) -> dict[str, Any]:
    """End every kind of access of a user whose row is about to go: no row can remember what fails, so it is told.

    What lies outside of the database is ended at once as well. Gives what ``revoke`` gives.
    """
    ended: dict[str, Any] = {}
    failed: list[str] = []
    for revoker in revokers():
        if explain.is_rehearsal() and not revoker.database_only:
            continue
        try:
            with savepoint():
                ended[revoker.kind] = revoker.revoke(user, None)
        except Exception as error:  # As above.
            if connections[database()].needs_rollback:
                raise
            _tell_failure(context, user, revoker.kind, 1, error)
            failed.append(revoker.kind)
    return {**ended, "open": failed}


def revoke_again(context: Context, user: Any) -> None:
    """Repeat what runs in a transaction, for a person who comes back: a token may have been made while it was out."""
    chosen = [one for one in revokers() if one.database_only]
    if _together(chosen, user, None) is None:
        _one_by_one(context, chosen, user, None)


def complete(context: Context, user: Any, *, due_only: bool = False) -> dict[str, int]:
    """Run what is still pending for a user, each in a transaction of its own, and give what was ended by kind.

    ``due_only`` leaves out what has failed lately and waits for its next attempt. [1 query where nothing is pending]
    """
    rows = PendingRevocation.objects.filter(user=user)
    if due_only:
        rows = rows.filter(next_attempt_at__lte=context.now)
    ended: dict[str, int] = {}
    for key in list(rows.order_by("pk").values_list("pk", flat=True)):
        kind, count = run(lambda key=key: _attempt(context, user, key))  # type: ignore[misc]
        if kind:
            ended[kind] = ended.get(kind, 0) + count
    return ended


def is_open(user: Any) -> bool:
    """Whether something has still to be revoked for a user [1 query]."""
    return PendingRevocation.objects.filter(user=user).exists()


def _attempt(context: Context, user: Any, key: int) -> tuple[str, int]:
    """Lock one pending row and try; two processes at once do it once."""
    queryset = PendingRevocation.objects.select_related("connection")
    row = lock(queryset.filter(pk=key), "self").first()
    if row is None:
        return "", 0
    revoker = next((one for one in installed() if one.kind == row.revoker), None)
    if revoker is None:
        row.delete()  # The package is gone, and with it what it opened.
        return "", 0
    if revoker.kind in settings.REVOKERS_OFF:
        return "", 0  # Switched off, it ends nothing; what is still open stays OPEN.
    try:
        with savepoint():
            count = revoker.revoke(user, row.connection)
    except Exception as error:  # As above.
        if connections[database()].needs_rollback:
            raise
        _note_failure(context, user, row, error)
        return "", 0
    row.delete()
    return revoker.kind, count


def _remember(context: Context, user: Any, kind: str, connection: Connection | None) -> PendingRevocation:
    wanted = _pending(context, user, kind, connection)
    PendingRevocation.objects.bulk_create([wanted], ignore_conflicts=True)
    return PendingRevocation.objects.get(user=user, revoker=kind, scope=wanted.scope)


def _pending(context: Context, user: Any, kind: str, connection: Connection | None) -> PendingRevocation:
    """Give the row of what has still to be ended; ``scope`` says in words which access, for the unique constraint."""
    return PendingRevocation(
        user=user,
        revoker=kind,
        connection=connection,
        scope=str(connection.pk) if connection is not None else "",
        created_at=context.now,
        next_attempt_at=context.now,
    )


def _note_failure(context: Context, user: Any, row: PendingRevocation, error: Exception) -> None:
    """Postpone the next attempt and tell everybody; the text of a foreign error may hold a secret and is not kept."""
    attempts = row.attempts + 1
    update_fields(
        row,
        attempts=attempts,
        next_attempt_at=_next_attempt(context.now, attempts),
        last_error=type(error).__name__,
    )
    _tell_failure(context, user, row.revoker, attempts, error)


def _tell_failure(context: Context, user: Any, kind: str, attempts: int, error: Exception) -> None:
    logger.error("Revoker %s failed for user %s", kind, user.pk, exc_info=error)
    audit.record(
        context,
        "access.revocation_failed",
        audit.Subject.user(user),
        outcome=Event.Outcome.FAILURE,
        reason=kind,
        effects={"attempts": attempts},
    )
    signals.revocation_failed.send_robust(sender=PendingRevocation, user=user, kind=kind, attempts=attempts)


def _next_attempt(now: datetime, attempts: int) -> datetime:
    pause: timedelta = _FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return now + min(pause, _LONGEST_PAUSE)
