"""End all access of a person."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import accounts, leave
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.user_lookup import account_facts, add_user_arguments, locked_user
from django_provisioning.models import Account, Identity, SessionIndex


class Command(ProvisioningCommand):
    """``provisioning_offboard --user NAME|PK --reason … [--dry-run]``."""

    help = "Ends all access of a person, whatever made the account; the Django user is kept."
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the user and the reason."""
        add_user_arguments(parser)

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Offboard the person; one who has left for good gets no second event."""
        user = locked_user(options["user"], options["user_pk"])
        account = Account.objects.select_related("user").filter(user=user).first()
        if account is not None and accounts.is_offboarded(account):
            return {**account_facts(user), "changed": False}
        event = leave.offboard(self.context(), user, reason=options["reason"])
        return {
            **account_facts(user),
            "changed": True,
            "event": str(event.uid),
            "effects": dict(event.effects),
        }

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Name what would end."""
        user = locked_user(options["user"], options["user_pk"])
        live = Identity.objects.filter(user=user, live=True, active=True).order_by("connection__slug")
        return {
            **account_facts(user),
            "connections": list(live.values_list("connection__slug", flat=True)),
            "sessions": SessionIndex.objects.filter(user=user).count(),
        }
