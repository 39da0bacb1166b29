"""Issue a bearer token for a connection."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import tokens
from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.durations import duration
from django_provisioning.management.token_lookup import new_token_facts


class Command(ProvisioningCommand):
    """``provisioning_create_token SLUG [--name …] [--scope …] [--cidr …] [--expires-in 90d | --never-expires]``."""

    help = "Issues a bearer token and prints it. It is printed once: only a digest is kept."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection and the terms of the token."""
        parser.add_argument("slug", help="the connection")
        parser.add_argument("--name", default="", help="where it will be used")
        parser.add_argument(
            "--scope",
            action="append",
            choices=tokens.SCOPES,
            help="may be repeated; all of them if not given",
        )
        parser.add_argument(
            "--cidr", action="append", default=[], help="network it may be used from, may be repeated"
        )
        expiry = parser.add_mutually_exclusive_group()
        expiry.add_argument("--expires-in", type=duration, metavar="90d")
        expiry.add_argument("--never-expires", action="store_true")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Issue the token."""
        connection = connection_of(options["slug"])
        issued = tokens.issue(
            self.context(connection),
            connection,
            name=options["name"],
            scopes=options["scope"] or tokens.SCOPES,
            allowed_cidrs=options["cidr"],
            lifetime=options["expires_in"],
            never_expires=options["never_expires"],
        )
        return new_token_facts(issued)
