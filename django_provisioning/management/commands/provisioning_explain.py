"""Say what a login or a push would do and why, and write nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django_provisioning.management.command import ProvisioningCommand, connection_of
from django_provisioning.management.explanations import explain_login, explain_push
from django_provisioning.management.pushes import claims_of, push_of, read_object


class Command(ProvisioningCommand):
    """``provisioning_explain --connection SLUG (--claims FILE [--protocol saml|oidc] | --scim FILE)``."""

    help = (
        "Runs a login or a push for real in a transaction that is rolled back, and prints step by step what it did: "
        "the match and its key, the policies, each attribute, the groups, the events, the verb or the refusal. "
        "Nothing is written and no signal is sent but those whose receivers may refuse."
    )

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the connection and the file."""
        parser.add_argument("--connection", required=True, metavar="SLUG")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--claims",
            metavar="FILE",
            help='OIDC: the claims as JSON. SAML: {"name_id": …, "name_id_format": …, "attributes": {…}}',
        )
        what.add_argument(
            "--scim",
            metavar="FILE",
            help='a resource to POST, or {"method": "PATCH", "path": "/Users/…", "body": {…}}',
        )
        parser.add_argument("--protocol", choices=("saml", "oidc"), help="where the connection has both")

    def answer(self, **options: Any) -> Mapping[str, Any]:
        """Rehearse and explain."""
        connection = connection_of(options["connection"])
        if options["scim"]:
            return explain_push(connection, push_of(read_object(options["scim"])))
        claims = claims_of(read_object(options["claims"]), connection, options["protocol"])
        return explain_login(connection, claims)
