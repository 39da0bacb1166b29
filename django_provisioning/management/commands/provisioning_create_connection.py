"""Make a connection and print the URL that its IdP needs."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from django_provisioning.lifecycle import connections, presets
from django_provisioning.lifecycle.addresses import scim_base_url
from django_provisioning.management.command import ProvisioningCommand
from django_provisioning.models import Connection

_POLICIES = (
    "jit", "linking", "delete_mode", "visibility", "group_prefix", "manages_privileged", "strict",
    "mass_leave_percent", "mass_leave_minutes", "mass_leave_halts",
    "oidc_issuer", "oidc_client_id", "saml_entity_id",
)  # fmt: skip


class Command(ProvisioningCommand):
    """``provisioning_create_connection SLUG [--name …] [--idp …] [--preset …] [policies]``."""

    help = "Makes a connection. A slug that exists is an error unless --exist-ok is given."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the slug, the name, the IdP and the policies; a policy that is not named keeps its default."""
        parser.add_argument("slug")
        parser.add_argument("--name", default="", help="for people; the slug if not given")
        parser.add_argument("--idp", choices=list(connections.IDPS), default="generic")
        parser.add_argument(
            "--exist-ok",
            action="store_true",
            help="print the connection that exists; its policies stay as they are",
        )
        parser.add_argument("--disabled", action="store_true", help="refuse every token for now")
        logins = parser.add_argument_group("logins", "which issuer's logins belong to this connection")
        logins.add_argument("--oidc-issuer", metavar="URL", help="exactly as the provider's tokens name it")
        logins.add_argument("--oidc-client-id", metavar="ID")
        logins.add_argument("--saml-entity-id", metavar="URI", help="entity id of the IdP")
        policies = parser.add_argument_group("policies")
        policies.add_argument(
            "--preset", choices=list(presets.PRESETS), help="policies under one name; the others go over it"
        )
        policies.add_argument(
            "--jit", choices=Connection.Jit.values, help="what a login of somebody new does"
        )
        policies.add_argument("--linking", choices=Connection.Linking.values)
        policies.add_argument("--delete-mode", choices=Connection.DeleteMode.values)
        policies.add_argument("--visibility", choices=Connection.Visibility.values)
        policies.add_argument("--group-prefix")
        policies.add_argument("--manages-privileged", action="store_true", default=None)
        policies.add_argument("--strict", action="store_true", default=None)
        policies.add_argument("--mass-leave-percent", type=int)
        policies.add_argument("--mass-leave-minutes", type=int)
        policies.add_argument("--mass-leave-halts", action="store_true", default=None)
        policies.add_argument(
            "--verified-domain", action="append", default=[], metavar="DOMAIN", help="may be repeated"
        )

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Make the connection, or give the one that exists."""
        existing = Connection.objects.filter(slug=options["slug"]).first() if options["exist_ok"] else None
        connection = existing or self._create(options)
        return {
            "slug": connection.slug,
            "name": connection.name,
            "idp": connection.idp,
            "enabled": connection.enabled,
            "created": existing is None,
            "scim_base_url": scim_base_url(),
        }

    def _create(self, options: Mapping[str, Any]) -> Connection:
        if (options["oidc_issuer"] is None) != (options["oidc_client_id"] is None):
            raise CommandError("--oidc-issuer and --oidc-client-id go together.", returncode=2)
        policies = presets.policies_of(options["preset"]) if options["preset"] else {}
        policies |= {name: options[name] for name in _POLICIES if options[name] is not None}
        connection = connections.create(
            self.context(),
            slug=options["slug"],
            name=options["name"],
            idp=options["idp"],
            enabled=not options["disabled"],
            **policies,
        )
        for domain in options["verified_domain"]:
            connections.verify_domain(self.context(connection), connection, domain)
        return connection
