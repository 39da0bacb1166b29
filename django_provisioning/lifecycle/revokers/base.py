"""What a revoker is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model, Q, QuerySet

from ...models import Connection, CredentialOrigin
from .deletion import delete_rows

# A list of values in SQL is at most this long: SQLite counts its parameters.
_BATCH = 500


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
    # A sign-out ends sessions and, when asked, tokens. A second factor of somebody who stays is never taken away.
    nature: ClassVar[Literal["session", "token", "factor"]] = "token"

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
    """Ends access that is rows of tables with a foreign key to the user: deletes them.

    ``models`` are labels ("authtoken.Token") in the order of deletion; ``app`` is the full name of the package, where
    the label of the first model alone could be another package's. [a query or two per table]
    """

    database_only = True
    models: ClassVar[Sequence[str]] = ()
    app: ClassVar[str] = ""
    user_field: ClassVar[str] = "user"

    def is_installed(self) -> bool:
        """Whether the app of the tokens is installed."""
        return (
            apps.is_installed(self.app) if self.app else self.models[0].partition(".")[0] in apps.app_configs
        )

    def tables(self) -> Sequence[type[Model]]:
        """Give the models whose rows are the tokens, in the order of deletion."""
        return [apps.get_model(label) for label in self.models]

    def followed(self) -> Sequence[type[Model]]:
        """Give the models whose saves tell through which connection a token was made."""
        return self.tables()

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the rows of the user; for one connection those that were made in its sessions."""
        if connection is None:
            return sum(self.end(self.of(model, user)) for model in self.tables())
        origins = CredentialOrigin.objects.filter(user=user, kind=self.kind, connection=connection)
        keys = list(origins.values_list("key", flat=True))
        ended = 0
        if keys:
            ended = sum(self.end(rows) for model in self.tables() for rows in self.named(model, user, keys))
            origins.delete()
        return ended

    def end(self, rows: QuerySet[Any]) -> int:
        """Make an end of these rows of one table and give how many there were."""
        return delete_rows(rows)

    def holders(self) -> QuerySet[Any] | None:
        """Give the users who have a live row in any of the tables."""
        found = Q()
        for model in self.tables():
            column = f"{self.user_field}_id"
            found |= Q(pk__in=self.live(model).exclude(**{column: None}).values(column))
        return get_user_model()._base_manager.filter(found).values("pk")

    def live(self, model: type[Model]) -> QuerySet[Any]:
        """Give the rows of a table that still open something."""
        return model._base_manager.all()

    def of(self, model: type[Model], user: Any) -> QuerySet[Any]:
        """Give the rows of a table that belong to the user, live or not."""
        return model._base_manager.filter(**{self.user_field: user})

    def named(self, model: type[Model], user: Any, keys: Iterable[str]) -> Iterator[QuerySet[Any]]:
        """Yield, in batches, the user's rows of a table that the keys of origins name."""
        prefix = _prefix(model)
        found = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
        for start in range(0, len(found), _BATCH):
            yield self.of(model, user).filter(pk__in=found[start : start + _BATCH])

    def key_of(self, row: Model) -> str:
        """Give what an origin calls the row: its model and primary key. Never what opens a door: see authtoken."""
        model: Any = row._meta.concrete_model  # A proxy may give another primary key.
        return f"{_prefix(model)}{getattr(row, model._meta.pk.attname)}"

    def makes(self, row: Model, *, created: bool) -> bool:
        """Whether the save of a row of these tables made a token."""
        return created

    def parents(self, row: Model) -> Iterable[Model]:
        """Give the tokens that a new one may have been made from outside any session, the likeliest first."""
        return ()

    def surviving(self, origins: Sequence[CredentialOrigin]) -> set[str]:
        """Give the keys among at most a few hundred origins whose row is still there [1 query per table]."""
        found: set[str] = set()
        for model in self.tables():
            prefix = _prefix(model)
            keys = [one.key.removeprefix(prefix) for one in origins if one.key.startswith(prefix)]
            rows = model._base_manager.filter(pk__in=keys).values_list("pk", flat=True)
            found |= {f"{prefix}{key}" for key in rows}
        return found


def _prefix(model: type[Model]) -> str:
    return f"{model._meta.model_name}:"
