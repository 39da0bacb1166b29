"""End the sessions of a person, and with ``--tokens`` every other kind of access; the account stays active."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle.sign_out import sign_out
from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.user_lookup import account_facts, add_user_arguments, locked_user
from django_provisioning.models import SessionIndex


class Command(ProvisioningCommand):
    """``provisioning_revoke_sessions --user NAME|PK --reason … [--connection SLUG] [--tokens] [--dry-run]``."""

    help = "Ends every session of a person at once, on every device. The account and its identities stay."
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the user, the reason and the reach."""
        add_user_arguments(parser)
        parser.add_argument("--connection", help="only what came through this connection")
        parser.add_argument("--tokens", action="store_true", help="API tokens as well")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """End them; nothing to end writes no event."""
        user = locked_user(options["user"], options["user_pk"])
        slug = options["connection"]
        connection = connection_of(slug) if slug else None
        event = sign_out(
            self.context(connection),
            user,
            connection=connection,
            tokens=options["tokens"],
            reason=options["reason"],
        )
        if event is None:
            return {**account_facts(user), "changed": False}
        return {
            **account_facts(user),
            "changed": True,
            "event": str(event.uid),
            "effects": dict(event.effects),
        }

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Count the sessions that would end."""
        user = locked_user(options["user"], options["user_pk"])
        sessions = SessionIndex.objects.filter(user=user)
        if options["connection"]:
            sessions = sessions.filter(connection=connection_of(options["connection"]))
        return {**account_facts(user), "sessions": sessions.count()}
