"""Connections: made, configured, enabled and released, each with an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ..exceptions import NotUnique, ProvisioningError
from ..models import Connection, ConnectionDomain, PendingRevocation
from . import audit, connection_end, policy_shapes, tokens
from .context import Context
from .transactions import update_fields

POLICIES = (
    "name", "idp", "enabled", "linking", "delete_mode", "visibility", "group_prefix", "manages_privileged", "strict",
    "mass_leave_percent", "mass_leave_minutes", "mass_leave_halts",
    "jit", "attribute_sync", "required_claims", "allowed_email_domains", "default_groups", "group_sync",
    "privilege_rules", "seat_limit", "stale_after_days", "stale_action", "stale_warning_days",
    "session_max_age_seconds", "required_group", "responsible",
    "saml_entity_id", "oidc_issuer", "oidc_client_id", "signing_keys_url", "revocation_issuer",
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


def create(
    context: Context, *, slug: str, name: str = "", reasons: Mapping[str, str] | None = None, **policies: Any
) -> Connection:
    """Make a connection. ``reasons`` says in the event why it is as it is, e.g. ``{"preset": "regulated"}``.

    Raises:
        NotUnique: the slug is taken.
        ProvisioningError: a value is not one of the allowed ones; the text names it.
    """
    _require_known(policies)
    if Connection.objects.filter(slug=slug).exists():
        raise NotUnique(_("A connection '%(slug)s' exists already.") % {"slug": slug})
    connection = Connection(slug=slug, name=name or slug, created_at=context.now, **policies)
    _validate(connection)
    connection.save(force_insert=True)
    subject = audit.Subject.connection(connection)
    audit.record(
        replace(context, connection=connection), "connection.created", subject, effects=dict(reasons or {})
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


def disable(
    context: Context, connection: Connection, *, accounts: str = connection_end.KEEP, reason: str = ""
) -> dict[str, int]:
    """Refuse every token and login of the connection from now on, do with its people what was chosen, and count them.

    ``accounts`` is one of ``connection_end.CHOICES``. A connection that is disabled already can still be given another
    choice. Its tokens are revoked with "offboard"; otherwise they work again once it is enabled.

    Raises:
        ProvisioningError: there is no such choice.
    """
    _require_choice(accounts)
    changes = audit.difference({"enabled": connection.enabled}, {"enabled": False})
    if changes:
        update_fields(connection, enabled=False)
    if accounts == connection_end.OFFBOARD:
        _revoke_tokens(context, connection, reason)
    ended = connection_end.end_people(context, connection, accounts, reason)
    if changes or ended:
        subject = audit.Subject.connection(connection)
        effects = {"accounts": accounts, **ended}
        audit.record(context, "connection.disabled", subject, changes=changes, effects=effects, reason=reason)
    return ended


def delete(
    context: Context, connection: Connection, *, accounts: str = connection_end.KEEP, reason: str = ""
) -> dict[str, int]:
    """Delete the connection with its tokens, identities and group links, after doing with its people what was chosen.

    Users, Django groups, events and leaves stay; the history names the connection by its slug.

    Raises:
        ProvisioningError: there is no such choice, or access through the connection has still to be revoked: the rows
            that remember it would be lost with it.
    """
    ended = disable(context, connection, accounts=accounts, reason=reason)
    if PendingRevocation.objects.filter(connection=connection).exists():
        raise ProvisioningError(
            _(
                "Access through this connection has still to be revoked. Disable it with the same choice, let "
                "provisioning_run finish, and delete it then."
            ),
            reason="revocation_pending",
        )
    _revoke_tokens(context, connection, reason)
    connection_end.forget(connection)
    subject = audit.Subject.connection(connection)
    effects = {"accounts": accounts, "slug": connection.slug, **ended}
    gone = replace(context, connection=None)
    audit.record(gone, "connection.deleted", subject, effects=effects, reason=reason)
    return ended


def verify_domain(context: Context, connection: Connection, domain: str) -> ConnectionDomain:
    """Record that an administrator verified an e-mail domain for this connection.

    Raises:
        NotUnique: another connection owns the domain.
    """
    domain = domain.strip().lower().lstrip("@")
    if ConnectionDomain.objects.filter(verified_domain=domain).exclude(connection=connection).exists():
        raise NotUnique(_("The domain '%(domain)s' is verified for another connection.") % {"domain": domain})
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


def _require_choice(accounts: str) -> None:
    if accounts not in connection_end.CHOICES:
        choices = ", ".join(connection_end.CHOICES)
        raise ProvisioningError(f"What becomes of the accounts is one of {choices}.", reason="unknown_choice")


def _revoke_tokens(context: Context, connection: Connection, reason: str) -> None:
    for token in connection.tokens.filter(revoked_at=None).select_related("connection").order_by("pk"):
        tokens.revoke(context, token, reason=reason or "the connection ended")


def _require_known(policies: dict[str, Any]) -> None:
    unknown = sorted(set(policies) - set(POLICIES))
    if unknown:
        raise ProvisioningError(f"A connection has no {', '.join(unknown)}.", reason="unknown_policy")


def _validate(connection: Connection) -> None:
    try:
        connection.full_clean(exclude=["created_at"])
    except ValidationError as error:
        problems = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise _invalid(problems) from error
    if wrong := policy_shapes.problem_of(connection):
        raise _invalid(wrong)


def _invalid(problem: str) -> ProvisioningError:
    text = _("The connection is not valid: %(problem)s") % {"problem": problem}
    return ProvisioningError(text, reason="invalid_connection")
