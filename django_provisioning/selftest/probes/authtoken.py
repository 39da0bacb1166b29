"""A token of REST framework's ``authtoken``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps

from ...models import Connection
from .base import Credential, Probe


class AuthTokenProbe(Probe):
    """Makes the one token that a user can have."""

    app = "authtoken"

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Make the token, or give the one there is [1-2 queries]."""
        model: Any = apps.get_model(f"{self.app}.Token")
        token, _made = model.objects.get_or_create(user=user)
        remedy = "Let the revoker 'drf_tokens' run: take it out of REVOKERS_OFF."
        return [Credential("authtoken", {"Authorization": f"Token {token.key}"}, remedy=remedy)]

    def authentication_classes(self) -> Sequence[type]:
        """Give REST framework's own class."""
        from rest_framework.authentication import TokenAuthentication  # noqa: PLC0415 (reads settings)

        return (TokenAuthentication,)
