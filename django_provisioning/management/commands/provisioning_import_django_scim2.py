"""Take over the people and groups that django-scim2 served, with the ids that the directory has stored."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib.util import find_spec
from typing import Any

from django_provisioning.management.imports import ImportCommand, condition, require_package
from django_provisioning.scim2_bridge.reading import Source


class Command(ImportCommand):
    """``provisioning_import_django_scim2 --connection SLUG [--dry-run] [--all | --managed-only] [--format json]``."""

    help = "Imports what django-scim2 kept. It can be repeated: what is there already stays as it is."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add which rows are taken."""
        super().add_own_arguments(parser)
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--managed-only",
            action="store_true",
            help="what a directory has written: scim_external_id or scim_username is set (default)",
        )
        choice.add_argument(
            "--all",
            action="store_true",
            dest="everything",
            help="every user and group, as django-scim2 listed them",
        )
        for kind in ("user", "group"):
            parser.add_argument(
                f"--{kind}-filter",
                type=condition,
                action="append",
                default=[],
                metavar="FIELD=VALUE",
                help=f"only {kind}s with this value, for one tenant of several; may be repeated",
            )

    def source(self, **options: Any) -> Source:
        """Give the project's tables behind its adapters."""
        require_package(lambda: find_spec("django_scim") is not None, "django-scim2")
        from django_provisioning.scim2_bridge.django_scim2 import DjangoScim2Source  # noqa: PLC0415 - optional library

        return DjangoScim2Source(
            everything=options["everything"],
            user_filter=dict(options["user_filter"]),
            group_filter=dict(options["group_filter"]),
        )
