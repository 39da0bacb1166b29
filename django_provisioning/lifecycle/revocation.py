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

from django.db import connections
from django.utils.module_loading import import_string

from .. import signals
from ..conf import settings
from ..models import Connection, Event, PendingRevocation
from . import audit, explain
from .context import Context
from .revokers.base import Revoker
from .transactions import database, lock, run, savepoint, update_fields

logger = logging.getLogger("django_provisioning.revocation")

BUILT_IN = ("django_provisioning.lifecycle.revokers.sessions.SessionRevoker",)

# The first repetition waits this long, each further one twice as long, up to an hour.
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


def revokers() -> Sequence[Revoker]:
    """Give the revokers of what is installed: ours, then the project's."""
    return [revoker for revoker in _all(BUILT_IN + tuple(settings.REVOKERS)) if revoker.is_installed()]


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
    ended: dict[str, Any] = {}
    still_open: list[str] = []
    for revoker in revokers():
        if kinds is not None and revoker.kind not in kinds:
            continue
        if not revoker.database_only:
            explain.note("revocation", f"The revoker {revoker.kind!r} runs after the commit.")
            _remember(context, user, revoker.kind, connection)
            still_open.append(revoker.kind)
            continue
        try:
            with savepoint():
                ended[revoker.kind] = revoker.revoke(user, connection)
        except Exception as error:  # A third party's code; whatever it raises must not undo the leave.
            if connections[database()].needs_rollback:
                raise  # A deadlock took the whole transaction with it: all of the leave has to be repeated.
            _note_failure(context, user, _remember(context, user, revoker.kind, connection), error)
            still_open.append(revoker.kind)
    return {**ended, "open": still_open}


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
    revoker = next((one for one in revokers() if one.kind == row.revoker), None)
    if revoker is None:
        row.delete()  # The package is gone, and with it what it opened.
        return "", 0
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
    row, _made = PendingRevocation.objects.get_or_create(
        user=user,
        revoker=kind,
        scope=str(connection.pk) if connection is not None else "",
        defaults={"connection": connection, "created_at": context.now, "next_attempt_at": context.now},
    )
    return row


def _note_failure(context: Context, user: Any, row: PendingRevocation, error: Exception) -> None:
    """Postpone the next attempt and tell everybody; the text of a foreign error may hold a secret and is not kept."""
    logger.error("Revoker %s failed for user %s", row.revoker, user.pk, exc_info=error)
    attempts = row.attempts + 1
    update_fields(
        row,
        attempts=attempts,
        next_attempt_at=_next_attempt(context.now, attempts),
        last_error=type(error).__name__,
    )
    audit.record(
        context,
        "access.revocation_failed",
        audit.Subject.user(user),
        outcome=Event.Outcome.FAILURE,
        reason=row.revoker,
        effects={"attempts": attempts},
    )
    signals.revocation_failed.send_robust(
        sender=PendingRevocation, user=user, kind=row.revoker, attempts=attempts
    )


def _next_attempt(now: datetime, attempts: int) -> datetime:
    pause: timedelta = _FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return now + min(pause, _LONGEST_PAUSE)
