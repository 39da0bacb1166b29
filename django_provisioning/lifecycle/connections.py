"""Connections: made, configured, enabled and released, each with an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError

from ..exceptions import NotUnique, ProvisioningError
from ..models import Connection, ConnectionDomain
from . import audit, policy_shapes
from .context import Context
from .transactions import update_fields

POLICIES = (
    "name", "idp", "enabled", "linking", "delete_mode", "visibility", "group_prefix", "manages_privileged", "strict",
    "mass_leave_percent", "mass_leave_minutes", "mass_leave_halts",
    "jit", "attribute_sync", "required_claims", "allowed_email_domains", "default_groups", "group_sync",
    "privilege_rules", "seat_limit", "stale_after_days", "session_max_age_seconds",
    "saml_entity_id", "oidc_issuer", "oidc_client_id",
)  # fmt: skip

# Offered to administrators, because a mistyped name would silently lose the quirks of an IdP. Any other text is kept.
IDPS: Mapping[str, str] = {
    "generic": "Generic SCIM 2.0",
    "authentik": "authentik",
    "cyberark": "CyberArk Identity",
    "entra": "Microsoft Entra ID",
    "google": "Google Workspace",
    "jumpcloud": "JumpCloud",
    "keycloak": "Keycloak",
    "okta": "Okta",
    "onelogin": "OneLogin",
    "ping": "PingOne / PingFederate",
    "sailpoint": "SailPoint",
}


def create(context: Context, *, slug: str, name: str = "", **policies: Any) -> Connection:
    """Make a connection.

    Raises:
        NotUnique: the slug is taken.
        ProvisioningError: a value is not one of the allowed ones; the text names it.
    """
    _require_known(policies)
    if Connection.objects.filter(slug=slug).exists():
        raise NotUnique(f"A connection {slug!r} exists already.")
    connection = Connection(slug=slug, name=name or slug, created_at=context.now, **policies)
    _validate(connection)
    connection.save(force_insert=True)
    audit.record(
        replace(context, connection=connection), "connection.created", audit.Subject.connection(connection)
    )
    return connection


def configure(context: Context, connection: Connection, **policies: Any) -> None:
    """Change name or policies; only what differs is written, and the event shows old and new.

    Raises:
        ProvisioningError: a value is not one of the allowed ones.
    """
    _require_known(policies)
    old = {name: getattr(connection, name) for name in policies}
    changes = audit.difference(old, policies)
    if not changes:
        return
    for name in changes:
        setattr(connection, name, policies[name])
    _validate(connection)
    update_fields(connection, **{name: policies[name] for name in changes})
    audit.record(context, "connection.configured", audit.Subject.connection(connection), changes=changes)


def release(context: Context, connection: Connection) -> None:
    """Let a halted connection write again."""
    update_fields(connection, halted_at=None)
    audit.record(context, "breaker.released", audit.Subject.connection(connection))


def verify_domain(context: Context, connection: Connection, domain: str) -> ConnectionDomain:
    """Record that an administrator verified an e-mail domain for this connection.

    Raises:
        NotUnique: another connection owns the domain.
    """
    domain = domain.strip().lower().lstrip("@")
    if ConnectionDomain.objects.filter(verified_domain=domain).exclude(connection=connection).exists():
        raise NotUnique(f"The domain {domain!r} is verified for another connection.")
    row, _made = ConnectionDomain.objects.get_or_create(connection=connection, domain=domain)
    update_fields(row, verified_at=context.now, verified_domain=domain)
    effects = {"domain": domain}
    audit.record(context, "connection.domain_verified", audit.Subject.connection(connection), effects=effects)
    return row


def withdraw_domain(context: Context, row: ConnectionDomain) -> None:
    """Take a domain away from its connection."""
    effects = {"domain": row.domain}
    audit.record(
        context, "connection.domain_withdrawn", audit.Subject.connection(row.connection), effects=effects
    )
    row.delete()


def _require_known(policies: dict[str, Any]) -> None:
    unknown = sorted(set(policies) - set(POLICIES))
    if unknown:
        raise ProvisioningError(f"A connection has no {', '.join(unknown)}.", reason="unknown_policy")


def _validate(connection: Connection) -> None:
    try:
        connection.full_clean(exclude=["created_at"])
    except ValidationError as error:
        problems = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise ProvisioningError(
            f"The connection is not valid: {problems}", reason="invalid_connection"
        ) from error
    if wrong := policy_shapes.problem_of(connection):
        raise ProvisioningError(f"The connection is not valid: {wrong}", reason="invalid_connection")
