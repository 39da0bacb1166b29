"""Give users from before the install an account row and, where confirmed, a connection."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from django_provisioning.lifecycle import adoption
from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.output import FORMATS, rendered
from django_provisioning.models import Account

_ORIGINS = [Account.Origin.UNKNOWN, Account.Origin.MANUAL, Account.Origin.JIT_SAML, Account.Origin.JIT_OIDC]
_MOST_NAMED = 100


class Command(ProvisioningCommand):
    """``provisioning_adopt [--origin manual] [--connection SLUG --domain …|--users FILE] [--apply]``."""

    help = (
        "Gives users from before the install an account row, and a connection where you say whom it vouches for. "
        "Without --apply it only says what it would do. A run that was stopped goes on where it ended."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what this command takes."""
        self.add_own_arguments(parser)
        parser.add_argument("--format", choices=FORMATS, default="table", help="table (default) or json")

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the origin, the connection with whom it vouches for, and the batches."""
        parser.add_argument(
            "--origin", choices=[str(origin) for origin in _ORIGINS], default=str(Account.Origin.UNKNOWN),
            help="how these users were made, if you know it of all of them; default: unknown",
        )  # fmt: skip
        parser.add_argument(
            "--connection", metavar="SLUG", help="connection that vouches for the users named next"
        )
        whom = parser.add_mutually_exclusive_group()
        whom.add_argument(
            "--domain", default="", help="users whose login name or e-mail address is in this domain"
        )
        whom.add_argument(
            "--users", type=Path, metavar="FILE", help="users whose login names the file has, one a line"
        )
        parser.add_argument("--batch", type=int, default=500, help="users in one transaction; default 500")
        parser.add_argument("--apply", action="store_true", help="write; without it nothing is written")

    def handle(self, *args: Any, **options: Any) -> None:
        """Adopt, each batch in a transaction of its own, and print what was done."""
        self.stdout.write(rendered(self.answer(**options), options["format"]))

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Adopt batch by batch.

        Raises:
            CommandError: a connection without its people, or people without a connection.
        """
        plan = _plan(options)
        context = self.context(plan.connection, batch_id=uuid.uuid4().hex)
        counts: Counter[str] = Counter()
        left_out: list[tuple[str, str]] = []
        for batch in adoption.adopt(
            context, plan, size=max(1, options["batch"]), dry_run=not options["apply"]
        ):
            counts.update(batch.counts)
            counts["batches"] += 1
            counts["left_out"] += len(batch.left_out)
            left_out += batch.left_out[: _MOST_NAMED - len(left_out)]
        return {
            "applied": options["apply"],
            "accounts": counts["accounts"],
            "linked": counts["linked"],
            "left_out": counts["left_out"],
            "batches": counts["batches"],
            "people": [{"user": user, "left_out_because": reason} for user, reason in left_out],
        }


def _plan(options: Mapping[str, Any]) -> adoption.Plan:
    if bool(options["connection"]) != bool(options["domain"] or options["users"]):
        raise CommandError(
            "--connection needs --domain or --users, which say whom it vouches for, and they need it."
        )
    names: frozenset[str] = frozenset()
    if options["users"]:
        try:
            lines = options["users"].read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['users']} cannot be read: {error}") from error
        names = frozenset(line.strip() for line in lines if line.strip())
    return adoption.Plan(
        origin=options["origin"],
        connection=connection_of(options["connection"]) if options["connection"] else None,
        domain=options["domain"].lstrip("@"),
        names=names,
    )
