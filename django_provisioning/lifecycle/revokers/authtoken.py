"""Ends the tokens of Django REST framework's ``authtoken``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Model, QuerySet

from ...models import CredentialOrigin
from .base import RowRevoker


class AuthTokenRevoker(RowRevoker):
    """Deletes the user's token [1 query].

    The primary key of such a row is the token itself: origins hold a digest of it.
    """

    kind = "drf_tokens"
    app = "rest_framework.authtoken"
    models = ("authtoken.Token",)

    def key_of(self, row: Any) -> str:
        """Give the digest of the token."""
        return f"token:{hashlib.sha256(row.key.encode()).hexdigest()}"

    def named(self, model: type[Model], user: Any, keys: Iterable[str]) -> Iterator[QuerySet[Any]]:
        """Yield the user's one row, if an origin names it."""
        wanted = set(keys)
        yield self.of(model, user).filter(
            pk__in=[row.key for row in self.of(model, user) if self.key_of(row) in wanted]
        )

    def surviving(self, origins: Sequence[CredentialOrigin]) -> set[str]:
        """Give the keys whose token is still there: a user has one [1 query]."""
        (model,) = self.tables()
        rows = model._base_manager.filter(user__in=[origin.user_id for origin in origins])
        return {self.key_of(row) for row in rows} & {origin.key for origin in origins}
