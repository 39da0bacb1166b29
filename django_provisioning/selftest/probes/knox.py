"""A token of django-rest-knox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...models import Connection
from .base import Credential, Probe


class KnoxProbe(Probe):
    """Makes a token as knox's login view does."""

    app = "knox"

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Make one token [1 query]."""
        from knox.models import get_token_model  # noqa: PLC0415 (an optional package)
        from knox.settings import knox_settings  # noqa: PLC0415

        _row, text = get_token_model().objects.create(user)
        header = {"Authorization": f"{knox_settings.AUTH_HEADER_PREFIX} {text}"}
        return [
            Credential(
                "knox", header, remedy="Let the revoker 'knox_tokens' run: take it out of REVOKERS_OFF."
            )
        ]

    def authentication_classes(self) -> Sequence[type]:
        """Give knox's class."""
        from knox.auth import TokenAuthentication  # noqa: PLC0415

        return (TokenAuthentication,)
