"""Bearer tokens of a connection: issued, rotated with overlap, revoked, and looked up."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from ..conf import settings
from ..exceptions import ProvisioningError
from ..models import Connection, ConnectionToken
from . import audit, token_text
from .context import Context
from .transactions import update_fields

SCOPES = ("scim:read", "scim:users", "scim:groups")
LONGEST_LIFETIME_DAYS = 730
_USED_AT_MOST_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token; ``raw`` exists only here and is shown once."""

    token: ConnectionToken
    raw: str

    def __repr__(self) -> str:
        return f"IssuedToken({self.token.key_id})"


def issue(
    context: Context,
    connection: Connection,
    *,
    name: str = "",
    scopes: Sequence[str] = SCOPES,
    allowed_cidrs: Sequence[str] = (),
    lifetime: timedelta | None = None,
    never_expires: bool = False,
    created_by: Any = None,
) -> IssuedToken:
    """Make a token [2 queries].

    Raises:
        ProvisioningError: an unknown scope, a malformed network, or a lifetime over 730 days.
    """
    _require_scopes(scopes)
    raw, text = token_text.make(settings.TOKEN_PREFIX)
    token = ConnectionToken(
        connection=connection,
        key_id=text.key_id,
        digest=text.digest,
        name=name[:100],
        scopes=list(scopes),
        allowed_cidrs=[str(_network(cidr)) for cidr in allowed_cidrs],
        created_by=created_by,
        created_at=context.now,
        expires_at=None if never_expires else context.now + _lifetime(lifetime),
    )
    token.save(force_insert=True)
    audit.record(
        context, "token.issued", audit.Subject.connection(connection), effects={"key_id": token.key_id}
    )
    return IssuedToken(token, raw)


def rotate(context: Context, token: ConnectionToken, *, overlap: timedelta | None = None) -> IssuedToken:
    """Make a token like the given one, which lives on for the overlap (default: 24 hours).

    Raises:
        ProvisioningError: the token is revoked or expired.
    """
    if not is_live(token, context.now):
        raise ProvisioningError(
            _("This token is revoked or expired. Issue a new one instead."), reason="token_dead"
        )
    lifetime = token.expires_at - token.created_at if token.expires_at else None
    issued = issue(
        context,
        token.connection,
        name=token.name,
        scopes=token.scopes,
        allowed_cidrs=token.allowed_cidrs,
        lifetime=lifetime,
        never_expires=lifetime is None,
        created_by=token.created_by,
    )
    overlap = timedelta(hours=settings.TOKEN_OVERLAP_HOURS) if overlap is None else overlap
    end = context.now + overlap
    update_fields(token, expires_at=min(end, token.expires_at) if token.expires_at else end)
    effects = {"key_id": token.key_id, "new_key_id": issued.token.key_id}
    audit.record(context, "token.rotated", audit.Subject.connection(token.connection), effects=effects)
    return issued


def revoke(context: Context, token: ConnectionToken, *, reason: str = "") -> None:
    """End a token at once, on every worker: nothing caches tokens."""
    if token.revoked_at is not None:
        return
    update_fields(token, revoked_at=context.now, revoked_reason=reason[:200])
    effects = {"key_id": token.key_id}
    audit.record(
        context, "token.revoked", audit.Subject.connection(token.connection), effects=effects, reason=reason
    )


def find(raw: str) -> ConnectionToken | None:
    """Give the token row, with its connection, that a raw token proves [0-1 query]; says nothing of its validity."""
    text = token_text.parse(raw)
    if text is None:
        return None
    token = ConnectionToken.objects.select_related("connection").filter(key_id=text.key_id).first()
    if token is None or not hmac.compare_digest(token.digest, text.digest):
        return None
    return token


def is_live(token: ConnectionToken, now: datetime) -> bool:
    """Whether the token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def allows_address(token: ConnectionToken, address: str | None) -> bool:
    """Whether the token may be used from the client address; an unknown address passes no restriction."""
    if not token.allowed_cidrs:
        return True
    if address is None:
        return False
    client = ipaddress.ip_address(address)
    mapped = getattr(client, "ipv4_mapped", None)
    return any((mapped or client) in ipaddress.ip_network(cidr) for cidr in token.allowed_cidrs)


def note_use(token: ConnectionToken, now: datetime, address: str | None) -> None:
    """Stamp the last use, at most once a minute [0-1 query]."""
    if token.last_used_at is not None and now - token.last_used_at < _USED_AT_MOST_EVERY:
        return
    ConnectionToken.objects.filter(pk=token.pk).update(last_used_at=now, last_used_ip=address)


def _require_scopes(scopes: Sequence[str]) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        named = {"scopes": ", ".join(SCOPES), "unknown": ", ".join(unknown) or "–"}
        raise ProvisioningError(_("Scopes are %(scopes)s; not %(unknown)s.") % named, reason="scope")


def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(cidr.strip())
    except ValueError as error:
        text = _("'%(cidr)s' is no network; write 192.0.2.0/24.") % {"cidr": cidr[:60]}
        raise ProvisioningError(text, reason="cidr") from error


def _lifetime(lifetime: timedelta | None) -> timedelta:
    lifetime = timedelta(days=settings.TOKEN_LIFETIME_DAYS) if lifetime is None else lifetime
    if not timedelta() < lifetime <= timedelta(days=LONGEST_LIFETIME_DAYS):
        text = _("A token lives between 0 and %(days)d days; ask for one that never expires by name.")
        raise ProvisioningError(text % {"days": LONGEST_LIFETIME_DAYS}, reason="lifetime")
    return lifetime
