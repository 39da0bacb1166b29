"""Replace a bearer token; the old one lives on for a while."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError

from django_provisioning.conf import settings
from django_provisioning.lifecycle import tokens
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.durations import duration
from django_provisioning.management.token_lookup import new_token_facts, only_live_token_of, token_of
from django_provisioning.models import Connection, ConnectionToken


class Command(ProvisioningCommand):
    """``provisioning_rotate_token SLUG_OR_KEY [--key-id …] [--overlap 24h]``."""

    help = "Issues a token like an old one, prints it once, and lets the old one end after the overlap."
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the token and the overlap."""
        parser.add_argument(
            "slug_or_key", nargs="?", help="connection with one live token, or the key id of a token"
        )
        parser.add_argument("--key-id", help="which token, where the connection has several")
        parser.add_argument(
            "--overlap",
            type=duration,
            metavar="24h",
            help="how long the old token lives on; 0h if it has leaked",
        )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Rotate the token."""
        old = _token(options["slug_or_key"], options["key_id"])
        issued = tokens.rotate(self.context(old.connection), old, overlap=options["overlap"])
        return {**new_token_facts(issued), **_old_facts(old)}

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Name the token that would end, and when."""
        old = _token(options["slug_or_key"], options["key_id"])
        now = self.context().now
        if not tokens.is_live(old, now):
            raise CommandError("This token is revoked or expired. Issue a new one instead.")
        overlap = options["overlap"]
        end = now + (timedelta(hours=settings.TOKEN_OVERLAP_HOURS) if overlap is None else overlap)
        old.expires_at = min(end, old.expires_at) if old.expires_at else end
        return _old_facts(old)


def _old_facts(old: ConnectionToken) -> dict[str, Any]:
    return {"old_key_id": old.key_id, "old_expires_at": old.expires_at, "old_last_used_at": old.last_used_at}


def _token(slug_or_key: str | None, key_id: str | None) -> ConnectionToken:
    """Give the token that the arguments name; a slug and a key id must agree."""
    if slug_or_key is None and key_id is None:
        raise CommandError("Name the connection or the key id of the token.")
    connection = Connection.objects.filter(slug=slug_or_key).first() if slug_or_key else None
    if connection is None:
        return _same_token(slug_or_key, key_id)
    if key_id is None:
        return only_live_token_of(connection)
    token = token_of(key_id)
    if token.connection_id != connection.pk:
        raise CommandError(f"The token {key_id!r} does not belong to the connection {slug_or_key!r}.")
    return token


def _same_token(key: str | None, key_id: str | None) -> ConnectionToken:
    if key and key_id and key != key_id:
        raise CommandError(f"There is no connection {key!r}.")
    return token_of(key_id or key or "")
