"""Let a halted connection write again."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import connections
from django_provisioning.management.command import ProvisioningCommand, connection_of


class Command(ProvisioningCommand):
    """``provisioning_release_connection SLUG``."""

    help = "Releases a connection whose writes were halted because many people left at once."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection."""
        parser.add_argument("slug")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Release the connection; one that is not halted stays as it is."""
        connection = connection_of(options["slug"])
        halted_at = connection.halted_at
        if halted_at is not None:
            connections.release(self.context(connection), connection)
        return {"slug": connection.slug, "released": halted_at is not None, "halted_since": halted_at}
