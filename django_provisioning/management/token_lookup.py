"""Which token a command speaks of, and how it prints one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from ..lifecycle import tokens
from ..lifecycle.addresses import scim_base_url
from ..lifecycle.tokens import IssuedToken
from ..models import Connection, ConnectionToken


def token_of(key_id: str) -> ConnectionToken:
    """Give the token with that key id.

    Raises:
        CommandError: there is none.
    """
    token = ConnectionToken.objects.select_related("connection").filter(key_id=key_id).first()
    if token is None:
        raise CommandError(f"There is no token {key_id!r}. provisioning_list_tokens shows the key ids.")
    return token


def only_live_token_of(connection: Connection) -> ConnectionToken:
    """Give the token of a connection that has exactly one that is live.

    Raises:
        CommandError: it has none or several; the message names them.
    """
    now = timezone.now()
    everything = ConnectionToken.objects.select_related("connection").filter(
        connection=connection, revoked_at=None
    )
    live = [token for token in everything.order_by("pk") if tokens.is_live(token, now)]
    if len(live) == 1:
        return live[0]
    if not live:
        raise CommandError(
            f"Connection {connection.slug!r} has no live token. Use provisioning_create_token."
        )
    names = ", ".join(token.key_id for token in live)
    raise CommandError(
        f"Connection {connection.slug!r} has several live tokens. Name one by --key-id: {names}."
    )


def facts(token: ConnectionToken) -> dict[str, Any]:
    """Give what is printed of a token, never anything secret."""
    return {
        "key_id": token.key_id,
        "name": token.name,
        "connection": token.connection.slug,
        "status": _status(token),
        "scopes": list(token.scopes),
        "allowed_cidrs": list(token.allowed_cidrs),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }


def new_token_facts(issued: IssuedToken) -> dict[str, Any]:
    """Give what is printed of a new token: the only place where its text appears."""
    return {"token": issued.raw, **facts(issued.token), "scim_base_url": scim_base_url()}


def _status(token: ConnectionToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "live" if tokens.is_live(token, timezone.now()) else "expired"
