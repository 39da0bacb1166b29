"""Change the policies of a connection, by a preset and one by one."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from django_provisioning.lifecycle import connections, presets
from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.policy_values import policy
from django_provisioning.models import Connection
from django_provisioning.reports.policies_in_words import in_words
from django_provisioning.reports.sentences import Facts


class Command(ProvisioningCommand):
    """``provisioning_configure_connection SLUG [--preset NAME] [--set NAME=VALUE …]``."""

    help = (
        "Changes policies of a connection and prints what it changed; without options it prints all policies, and what "
        "happens with them in words."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection, the preset and the single policies."""
        parser.add_argument("slug")
        parser.add_argument(
            "--preset", choices=list(presets.PRESETS), help="policies under one name; --set goes over it"
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            dest="policies",
            metavar="NAME=VALUE",
            help="may be repeated; lists and mappings as JSON, 'none' clears",
        )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Write what differs."""
        connection = connection_of(options["slug"])
        wanted = presets.policies_of(options["preset"]) if options["preset"] else {}
        wanted |= dict(policy(text) for text in options["policies"])
        before = {name: getattr(connection, name) for name in wanted}
        connections.configure(self.context(connection), connection, **wanted)
        changed = [
            {"policy": name, "old": before[name], "new": getattr(connection, name)}
            for name in sorted(wanted)
            if before[name] != getattr(connection, name)
        ]
        if wanted:
            return {"slug": connection.slug, "preset": options["preset"], "changed": changed}
        policies = {name: getattr(connection, name) for name in connections.POLICIES}
        return {"slug": connection.slug, **policies, "in_words": _said(connection)}


def _said(connection: Connection) -> list[dict[str, Any]]:
    """Give what happens with the policies, as on the page of the connection."""
    topics = in_words(connection, Facts.of(connection, timezone.now()))
    sentences = [sentence for topic in topics for sentence in topic.sentences]
    return [{"open": one.is_gap, "in_words": one.text} for one in sentences]
