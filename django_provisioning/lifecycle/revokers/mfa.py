"""Ends the authenticators of allauth's ``mfa``; a passkey among them opens the account by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from ...models import Connection
from .base import RowRevoker


class AuthenticatorRevoker(RowRevoker):
    """Deletes the user's passkeys, TOTP secrets and recovery codes when all access ends [1 query]."""

    kind = "mfa_authenticators"
    nature = "factor"
    app = "allauth.mfa"
    models = ("mfa.Authenticator",)

    def followed(self) -> Sequence[type[Model]]:
        """Give nothing: an authenticator belongs to the person and to no connection."""
        return ()

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the authenticators, as ``otp`` does and for the same reasons."""
        return super().revoke(user, None) if connection is None else 0
