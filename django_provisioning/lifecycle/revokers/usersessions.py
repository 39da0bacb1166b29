"""Ends the sessions that allauth's ``usersessions`` lists."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import apps
from django.db.models import QuerySet

from ...models import Connection, SessionIndex
from .base import Revoker
from .deletion import delete_rows
from .sessions import delete_sessions


class UserSessionRevoker(Revoker):
    """Deletes the rows and their sessions, also those that were opened before this app was installed [3 queries].

    It runs before the session revoker: for one connection it reads that one's index.
    """

    kind = "allauth_sessions"
    database_only = True
    model: ClassVar[str] = "usersessions.UserSession"
    nature = "session"

    def is_installed(self) -> bool:
        """Whether allauth keeps the list."""
        return apps.is_installed("allauth.usersessions")

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the sessions and what the list says of them."""
        rows = self._rows().filter(user=user)
        if connection is not None:
            indexed = SessionIndex.objects.filter(user=user, connection=connection)
            rows = rows.filter(session_key__in=list(indexed.values_list("session_key", flat=True)))
        keys = list(rows.values_list("session_key", flat=True))
        if keys:
            delete_sessions(keys)
            delete_rows(rows)
        return len(keys)

    def holders(self) -> QuerySet[Any]:
        """Give the users with a listed session."""
        return self._rows().values("user_id")

    def _rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = apps.get_model(self.model)._base_manager.all()
        return rows
