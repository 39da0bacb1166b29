"""End a bearer token at once."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.lifecycle import tokens
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.management.token_lookup import facts, token_of


class Command(ProvisioningCommand):
    """``provisioning_revoke_token --key-id … --reason … [--dry-run]``."""

    help = "Revokes a token. From that moment it opens nothing. A revoked one stays as it is."
    ends = True

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the token and the reason."""
        parser.add_argument("--key-id", required=True)
        parser.add_argument("--reason", required=True, help="why; stands in the audit trail")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Revoke the token."""
        token = token_of(options["key_id"])
        tokens.revoke(self.context(token.connection), token, reason=options["reason"])
        return {**facts(token), "revoked_at": token.revoked_at, "revoked_reason": token.revoked_reason}

    def preview(self, **options: Any) -> Mapping[str, Any]:
        """Name the token that would be revoked."""
        return facts(token_of(options["key_id"]))
