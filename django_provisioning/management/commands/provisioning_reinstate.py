"""Let a person in again."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import rejoin
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.user_lookup import account_facts, add_user_arguments, locked_user


class Command(ProvisioningCommand):
    """``provisioning_reinstate --user NAME|PK --reason …``."""

    help = "Makes a person active again. Sessions, passwords and group memberships do not come back."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the user and the reason."""
        add_user_arguments(parser)

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Reinstate the person; one who is active gets no event."""
        user = locked_user(options["user"], options["user_pk"])
        event = rejoin.reinstate(self.context(), user, reason=options["reason"])
        if event is None:
            return {**account_facts(user), "changed": False}
        return {**account_facts(user), "changed": True, "event": str(event.uid)}
