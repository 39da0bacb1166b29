"""Disable or delete a connection, and do with its people what is chosen."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import connection_end, connections
from django_provisioning.management.command import ProvisioningCommand, connection_of


class Command(ProvisioningCommand):
    """``provisioning_end_connection SLUG --accounts keep|suspend|offboard --reason … [--delete] [--dry-run]``."""

    help = (
        "Disables a connection, so that no token and no login of it is accepted, and keeps, suspends or offboards the "
        "people who have access through it. --dry-run counts them."
    )
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection, the choice and the reason."""
        parser.add_argument("slug")
        parser.add_argument(
            "--accounts", choices=connection_end.CHOICES, required=True, help="what becomes of the people"
        )
        parser.add_argument("--delete", action="store_true", help="delete the connection as well")
        parser.add_argument("--reason", required=True, help="why; stands in the audit trail")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Disable or delete it."""
        connection = connection_of(options["slug"])
        end = connections.delete if options["delete"] else connections.disable
        choice, reason = options["accounts"], options["reason"]
        ended = end(self.context(connection), connection, accounts=choice, reason=reason)
        return {"slug": connection.slug, "deleted": options["delete"], "accounts": choice, **ended}

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Count whom it concerns."""
        connection = connection_of(options["slug"])
        counts = connection_end.concerned(connection).facts()
        return {"slug": connection.slug, "accounts": options["accounts"], **counts}
