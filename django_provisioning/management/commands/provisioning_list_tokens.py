"""List the bearer tokens, of one connection or of all."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.token_lookup import facts
from django_provisioning.models import ConnectionToken


class Command(ProvisioningCommand):
    """``provisioning_list_tokens [SLUG]``."""

    help = "Lists tokens, newest first: key id, status, expiry, last use. Never their text: it is not kept."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection."""
        parser.add_argument("slug", nargs="?", help="only the tokens of this connection")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """List the tokens."""
        rows = ConnectionToken.objects.select_related("connection").order_by(
            "connection__slug", "-created_at", "-pk"
        )
        if options["slug"]:
            rows = rows.filter(connection=connection_of(options["slug"]))
        return {"tokens": [facts(token) for token in rows]}
