"""Make the groups auditor, operator and admin."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import roles
from django_provisioning.management.command import ProvisioningCommand


class Command(ProvisioningCommand):
    """``provisioning_setup_roles [--reset]``."""

    help = "Makes the groups “Provisioning auditor”, “… operator” and “… admin” with their permissions."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the wish to take away as well."""
        parser.add_argument(
            "--reset",
            action="store_true",
            help="also take permissions away that were added to the groups by hand",
        )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Make the groups; people are put into them in the admin."""
        changes = roles.set_up(self.context(), reset=options["reset"])
        return {"roles": [{"role": name, **change} for name, change in changes.items()]}
