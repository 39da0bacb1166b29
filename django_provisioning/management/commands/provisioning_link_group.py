"""Give a connection a Django group that exists, so that group claims and pushes may decide its members."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from django_provisioning.conf import settings
from django_provisioning.lifecycle import groups
from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.models.membership import group_model


class Command(ProvisioningCommand):
    """``provisioning_link_group SLUG GROUP [--as NAME]``."""

    help = "Lets a connection own an existing Django group. Its members and its name stay as they are."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection, the group, and the IdP's name of it."""
        parser.add_argument("slug", help="the connection")
        parser.add_argument("group", help="name of the Django group")
        parser.add_argument(
            "--as",
            dest="display_name",
            default="",
            metavar="NAME",
            help="what the IdP calls it; the Django name without the connection's prefix if not given",
        )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Link the group; one that the connection owns already stays as it is."""
        connection = connection_of(options["slug"])
        group = group_model()._base_manager.filter(**{settings.GROUP_NAME_FIELD: options["group"]}).first()
        if group is None:
            raise CommandError(f"There is no group {options['group']!r}.")
        link = groups.own(self.context(connection), group, display_name=options["display_name"])
        return {
            "slug": connection.slug,
            "group": options["group"],
            "display_name": link.display_name,
            "scim_id": link.scim_id,
            "made_by_push": link.made_group,
        }
