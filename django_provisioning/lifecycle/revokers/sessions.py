"""Ends Django sessions: the rows that ``SessionIndex`` knows, on every session engine.

Rotating the session hash (``leave``) already voids every session at its next request; this removes the rows as well,
so that nothing is left to come back to.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from ...models import Connection, SessionIndex
from .. import explain
from ..transactions import on_commit
from .base import Revoker

_DATABASE_ENGINES = ("django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db")


class SessionRevoker(Revoker):
    """Deletes indexed sessions [3 queries on the database engines, whatever their number]."""

    kind = "sessions"
    database_only = True
    nature = "session"

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the sessions and their index rows."""
        indexed = SessionIndex.objects.filter(user=user)
        if connection is not None:
            indexed = indexed.filter(connection=connection)
        return end_indexed(indexed)

    def holders(self) -> QuerySet[Any]:
        """Give the users of indexed sessions; one that has expired counts until ``provisioning_run`` forgets it."""
        return SessionIndex.objects.values("user")


def end_indexed(rows: QuerySet[SessionIndex]) -> int:
    """Delete the sessions of some index rows, and the rows, and give how many there were [1-3 queries]."""
    keys = list(rows.values_list("session_key", flat=True))
    if keys:
        delete_sessions(keys)
        rows.filter(session_key__in=keys).delete()
    return len(keys)


def delete_sessions(keys: list[str]) -> None:
    """Delete sessions of the project's engine by their keys."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if settings.SESSION_ENGINE in _DATABASE_ENGINES:
        store.get_model_class().objects.filter(session_key__in=keys).delete()
    if _DATABASE_ENGINES[0] == settings.SESSION_ENGINE or explain.is_rehearsal():
        return  # No rollback brings back what was taken out of a cache or a file.
    cache_prefix = getattr(store, "cache_key_prefix", None)
    if cache_prefix is not None:
        forget = partial(store()._cache.delete_many, [cache_prefix + key for key in keys])  # noqa: SLF001 (as above)
        forget()
        # Until the commit a request of that browser still finds the row, and puts it into the cache again.
        on_commit(forget)
        return
    for key in keys:
        store().delete(key)
