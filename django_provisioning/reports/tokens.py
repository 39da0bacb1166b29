"""Bearer tokens for people: what each is good for, how long it still lives, and whether a replaced one may go.

Never a secret: of a token only its key id is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import ConnectionToken
from .access_ends import duration_text
from .connections import EXPIRING_DAYS
from .export import Table

# A directory asks every forty minutes or so; who has not used the old token for an hour has the new one.
QUIET = timedelta(hours=1)
_UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))
STATUSES = ("live", "expiring", "unused", "expired", "revoked")
_COLUMNS = (
    "connection", "name", "key_id", "status", "owner", "scopes", "allowed_cidrs", "created_at", "expires_at",
    "days_left", "last_used_at", "last_used_ip", "revoked_at", "revoked_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as pages show it. ``advice`` speaks of a token that a newer one of its name replaces, "" elsewhere."""

    token: ConnectionToken
    status: str
    expiry: str
    is_live: bool
    advice: str = ""


def lines(tokens: Sequence[ConnectionToken], now: datetime) -> list[TokenLine]:
    """Give a line for each token of one connection; no query."""
    return [
        TokenLine(
            token,
            status_text(token, now),
            expiry_text(token, now),
            is_live(token, now),
            _advice(token, _replacement(token, tokens, now), now) if is_live(token, now) else "",
        )
        for token in tokens
    ]


def is_live(token: ConnectionToken, now: datetime) -> bool:
    """Whether the token opens something."""
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def days_left(token: ConnectionToken, now: datetime) -> int | None:
    """Give the whole days until a live token expires; None for one that does not, or is dead."""
    if token.expires_at is None or not is_live(token, now):
        return None
    return (token.expires_at - now).days


def status_of(token: ConnectionToken, now: datetime) -> str:
    """Give one of ``STATUSES``: the first thing that somebody has to know of the token."""
    if token.revoked_at is not None:
        return "revoked"
    if not is_live(token, now):
        return "expired"
    days = days_left(token, now)
    if days is not None and days < EXPIRING_DAYS:
        return "expiring"
    return "live" if token.last_used_at is not None else "unused"


def status_text(token: ConnectionToken, now: datetime) -> str:
    """Say the status, with a mark that is no colour."""
    texts: Mapping[str, str] = {
        "live": _("✓ live"),
        "unused": _("✓ live, never used"),
        "expiring": _("! live, expires soon"),
        "expired": _("✕ expired"),
        "revoked": _("✕ revoked"),
    }
    return texts[status_of(token, now)]


def expiry_text(token: ConnectionToken, now: datetime) -> str:
    """Say how long the token still lives, "" for a dead one."""
    if not is_live(token, now):
        return ""
    if token.expires_at is None:
        return _("! never expires")
    left = token.expires_at - now
    if left < timedelta(days=1):
        return _("! %(time)s left") % {"time": duration_text(_rounded_down(left))}
    text = ngettext("%(days)d day left", "%(days)d days left", left.days) % {"days": left.days}
    return _("! %(expiry)s") % {"expiry": text} if left.days < EXPIRING_DAYS else text


def status_condition(status: str, now: datetime) -> Q:
    """Give the tokens of a status, the same as ``status_of`` says.

    Raises:
        KeyError: there is no such status.
    """
    alive = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    soon = Q(expires_at__lt=now + timedelta(days=EXPIRING_DAYS))
    return {
        "revoked": Q(revoked_at__isnull=False),
        "expired": Q(revoked_at=None, expires_at__lte=now),
        "expiring": alive & soon,
        "live": alive & (Q(expires_at=None) | ~soon) & Q(last_used_at__isnull=False),
        "unused": alive & (Q(expires_at=None) | ~soon) & Q(last_used_at=None),
    }[status]


def advice_of(token: ConnectionToken, now: datetime) -> str:
    """Say whether a token that was replaced may be revoked [1 query]."""
    if not is_live(token, now):
        return ""
    siblings = ConnectionToken.objects.filter(connection_id=token.connection_id, name=token.name)
    return _advice(token, _replacement(token, siblings, now), now)


def _replacement(
    token: ConnectionToken, tokens: Iterable[ConnectionToken], now: datetime
) -> ConnectionToken | None:
    """Give the newest live token of the same name that was made later."""
    newer = [
        other
        for other in tokens
        if other.name == token.name and is_live(other, now) and other.created_at > token.created_at
    ]
    return max(newer, key=lambda other: other.created_at, default=None)


def _advice(token: ConnectionToken, newer: ConnectionToken | None, now: datetime) -> str:
    if newer is None:
        return ""
    names = {"new": newer.key_id, "time": _since(token.last_used_at, now)}
    if newer.last_used_at is None:
        return _("Keep it: the new token %(new)s has not been used yet.") % names
    if token.last_used_at is None:
        return _("Never used, and the new token %(new)s is in use: safe to revoke now.") % names
    if now - token.last_used_at < QUIET or newer.last_used_at < token.last_used_at:
        return (
            _("Still in use: last used %(time)s ago. Give the identity provider the new token %(new)s.")
            % names
        )
    return _("Last used %(time)s ago, and the new token %(new)s is in use: safe to revoke now.") % names


def _since(moment: datetime | None, now: datetime) -> str:
    return duration_text(_rounded_down(now - moment)) if moment is not None else ""


def _rounded_down(time: timedelta) -> timedelta:
    """Give whole units only, so that the text promises no more than there is."""
    unit = next((one for one in _UNITS if time >= 2 * one), timedelta(seconds=1))
    return time - time % unit


def _row(token: Any) -> Mapping[str, Any]:
    now = timezone.now()
    own = {name: getattr(token, name) for name in _COLUMNS if name not in _MADE}
    return {
        "connection": token.connection.slug,
        "status": status_of(token, now),
        "owner": token.created_by.get_username() if token.created_by else None,
        "days_left": days_left(token, now),
        **own,
    }


def _prepared(tokens: QuerySet[Any]) -> QuerySet[Any]:
    return tokens.select_related("connection", "created_by").defer("digest")


_MADE = frozenset({"connection", "status", "owner", "days_left"})
TOKENS = Table("tokens", _COLUMNS, _row, _prepared)
