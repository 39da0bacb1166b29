"""Runs every revoker of the project for a user; one that fails is remembered and keeps the account OPEN."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connections
from django.utils.module_loading import import_string

from ..conf import settings
from ..models import Connection, Event, PendingRevocation
from . import audit, explain
from .context import Context
from .revokers.base import Revoker
from .transactions import database, savepoint

logger = logging.getLogger("django_provisioning.revocation")

BUILT_IN = ("django_provisioning.lifecycle.revokers.sessions.SessionRevoker",)


def revokers() -> Sequence[Revoker]:
    """Give the revokers of what is installed: ours, then the project's."""
    return [revoker for revoker in _all(BUILT_IN + tuple(settings.REVOKERS)) if revoker.is_installed()]


@lru_cache(maxsize=8)
def _all(paths: tuple[str, ...]) -> tuple[Revoker, ...]:
    return tuple(import_string(path)() for path in paths)


def revoke(context: Context, user: Any, connection: Connection | None) -> dict[str, Any]:
    """End every kind of access and give ``{"sessions": 2, "open": ["knox"]}`` for the event.

    A revoker that raises does not stop the others: the account is inactive already, the revoker gets a
    ``PendingRevocation`` row in this transaction and its name stands under "open".
    """
    ended: dict[str, Any] = {}
    still_open: list[str] = []
    for revoker in revokers():
        if explain.is_rehearsal() and not revoker.database_only:
            explain.note("revocation", f"The revoker {revoker.kind!r} would run; a rehearsal leaves it out.")
            continue
        try:
            with savepoint():
                ended[revoker.kind] = revoker.revoke(user, connection)
        except Exception as error:  # A third party's code; whatever it raises must not undo the leave.
            if connections[database()].needs_rollback:
                raise  # A deadlock took the whole transaction with it: all of the leave has to be repeated.
            logger.exception("Revoker %s failed for user %s", revoker.kind, user.pk)
            _remember(context, user, revoker, error)
            still_open.append(revoker.kind)
    return {**ended, "open": still_open}


def _remember(context: Context, user: Any, revoker: Revoker, error: Exception) -> None:
    PendingRevocation.objects.update_or_create(
        user=user,
        revoker=revoker.kind,
        defaults={"next_attempt_at": context.now, "last_error": type(error).__name__},
        create_defaults={
            "created_at": context.now,
            "next_attempt_at": context.now,
            "attempts": 1,
            "last_error": type(error).__name__,
        },
    )
    audit.record(
        context,
        "access.revocation_failed",
        audit.Subject.user(user),
        outcome=Event.Outcome.FAILURE,
        reason=revoker.kind,
    )
