"""The revokers of the how-to page, as they stand there."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from django_provisioning.lifecycle.revokers.base import RowRevoker


class ApiKeyRevoker(RowRevoker):
    """Deletes the keys."""

    kind = "api_keys"
    models = ("keys.ApiKey",)


class MarkedKeyRevoker(RowRevoker):
    """Keeps the keys and marks them."""

    kind = "marked_keys"
    models = ("keys.ApiKey",)

    def live(self, model: type[Model]) -> QuerySet[Any]:
        """Give the keys that open something."""
        return model._base_manager.filter(revoked_at=None)

    def of(self, model: type[Model], user: Any) -> QuerySet[Any]:
        """Give those of one person."""
        return self.live(model).filter(user=user)

    def end(self, rows: QuerySet[Any]) -> int:
        """Mark them."""
        return rows.update(revoked_at=timezone.now())
