"""Ends the tokens of django-rest-knox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from .base import RowRevoker


class KnoxRevoker(RowRevoker):
    """Deletes the user's tokens, of the project's own token model too [1 query]."""

    kind = "knox_tokens"
    app = "knox"

    def tables(self) -> Sequence[type[Model]]:
        """Give the token model that knox is set to."""
        from knox.settings import knox_settings  # noqa: PLC0415 - an optional library

        return [apps.get_model(knox_settings.TOKEN_MODEL)]

    def live(self, model: type[Model]) -> QuerySet[Any]:
        """Give the tokens that have not expired."""
        return model._base_manager.filter(Q(expiry=None) | Q(expiry__gt=timezone.now()))
