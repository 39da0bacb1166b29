"""Ends the refresh and sliding tokens of djangorestframework-simplejwt, through its app ``token_blacklist``.

Access tokens are in no table. What refuses them is ``guard.simplejwt``, which holds their time of issue against the
account's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils import timezone

from ...models import CredentialOrigin
from ..credentials import go_on_as
from .base import RowRevoker


class RefreshTokenRevoker(RowRevoker):
    """Blacklists the outstanding tokens that have not expired [2 queries; SQLite inserts 499 rows at a time]."""

    kind = "jwt_refresh_tokens"
    app = "rest_framework_simplejwt.token_blacklist"
    models = ("token_blacklist.OutstandingToken",)
    blacklist: ClassVar[str] = "token_blacklist.BlacklistedToken"

    def followed(self) -> Sequence[type[Model]]:
        """Give the tables whose new rows tell where a token came from: the blacklist tells of a rotation."""
        return [*self.tables(), self._blacklist()]

    def live(self, model: type[Model]) -> QuerySet[Any]:
        """Give the tokens that can still be exchanged."""
        return model._base_manager.filter(expires_at__gt=timezone.now(), blacklistedtoken=None)

    def of(self, model: type[Model], user: Any) -> QuerySet[Any]:
        """Give the user's tokens that can still be exchanged; the others are history."""
        return self.live(model).filter(user=user)

    def end(self, rows: QuerySet[Any]) -> int:
        """Blacklist the tokens; one that somebody else blacklists at the same moment is no error."""
        blacklist = self._blacklist()
        found = [blacklist(token_id=key) for key in rows.values_list("pk", flat=True)]
        blacklist._base_manager.bulk_create(found, ignore_conflicts=True)
        return len(found)

    def makes(self, row: Any, *, created: bool) -> bool:
        """Whether the row is a new token.

        A rotation blacklists the old token and saves the new one, in this order, and nothing in the rows says so:
        for the rest of the request whatever is made belongs to the connection of the old one.
        """
        if row._meta.model is self._blacklist():
            origins = CredentialOrigin.objects.filter(kind=self.kind, key=self.key_of(row.token))
            connection = origins.values_list("connection", flat=True).first() if created else None
            if connection is not None:
                go_on_as(connection)
            return False
        return created

    def _blacklist(self) -> type[Model]:
        return apps.get_model(self.blacklist)
