"""What a revoker is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from django.apps import apps
from django.db.models import Model, QuerySet

from ...models import Connection, CredentialOrigin


class Revoker(ABC):
    """Ends one kind of access of a user: sessions, API tokens, devices.

    ``kind`` is the plural word that leaves count under ("sessions"). Implementations must be idempotent, because a
    failed one is repeated until it succeeds, and cost a number of queries that does not grow with what they end.

    ``database_only`` promises that a rollback undoes all of it (or that it asks ``explain.is_rehearsal()`` before the
    rest): such a revoker runs inside the transaction of the leave. Any other runs right after the commit, before the
    answer goes out, and has a ``PendingRevocation`` row from the transaction on, so that a crash loses nothing.
    """

    kind: ClassVar[str]
    database_only: ClassVar[bool] = False

    def is_installed(self) -> bool:
        """Whether the project has this kind of access at all."""
        return True

    @abstractmethod
    def revoke(self, user: Any, connection: Connection | None) -> int:
        """End this kind of access and give how many were ended.

        ``connection`` limits it to access that came through that connection; None means all. A revoker that cannot
        tell them apart ends nothing for a single connection.
        """

    def holders(self) -> QuerySet[Any] | None:
        """Give the primary keys of users who hold this kind of access, as a queryset for ``pk__in``.

        None where they cannot be listed. The sweep and the dashboards find with it who left and still holds some.
        """
        return None


class RowRevoker(Revoker):
    """Ends access that is rows of a table with a foreign key to the user: deletes them [2 queries].

    ``models`` are labels ("authtoken.Token") in the order of deletion; the count is that of the first.
    """

    database_only = True
    models: ClassVar[Sequence[str]]
    user_field: ClassVar[str] = "user"

    def is_installed(self) -> bool:
        """Whether the app of the first model is installed."""
        return self.models[0].partition(".")[0] in apps.app_configs

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the rows of the user; for one connection those that were made in its sessions."""
        return sum(self._delete(label, user, connection) for label in self.models)

    def holders(self) -> QuerySet[Any] | None:
        """Give the users of the first table's live rows."""
        return self.live(apps.get_model(self.models[0])).values(f"{self.user_field}_id")

    def live(self, model: type[Model]) -> QuerySet[Any]:
        """Give the rows of a table that still open something."""
        return model._default_manager.all()

    def _delete(self, label: str, user: Any, connection: Connection | None) -> int:
        model = apps.get_model(label)
        rows = self.live(model).filter(**{self.user_field: user})
        if connection is not None:
            rows = rows.filter(pk__in=made_through(connection, self.kind, user))
        return rows.delete()[1].get(model._meta.label, 0)


def made_through(connection: Connection, kind: str, user: Any) -> list[str]:
    """Give the primary keys, as text, of the tokens that the user made in sessions of a connection [1 query]."""
    found = CredentialOrigin.objects.filter(user=user, connection=connection, kind=kind)
    return list(found.values_list("key", flat=True))
