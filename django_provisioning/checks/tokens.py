"""The bearer tokens of connections."""

from __future__ import annotations

from datetime import timedelta

from django.db import connections
from django.db.models import Q
from django.utils import timezone

from ..lifecycle.transactions import database
from ..models import ConnectionToken
from .problems import Problems

_EXPIRES_SOON = timedelta(days=30)
_MOST_TOKENS_NAMED = 10


def tokens_expire_and_not_soon() -> Problems:
    """W004: every live token has an expiry, more than 30 days away."""
    tables = connections[database()].introspection.table_names()
    if ConnectionToken._meta.db_table not in tables:
        return  # ``migrate`` runs the database checks before it makes the tables.
    now = timezone.now()
    live = ConnectionToken.objects.using(database()).filter(revoked_at=None, connection__enabled=True)
    due = live.filter(Q(expires_at=None) | Q(expires_at__gt=now, expires_at__lte=now + _EXPIRES_SOON))
    for token in due.select_related("connection").order_by("expires_at", "pk")[:_MOST_TOKENS_NAMED]:
        when = (
            "never expires" if token.expires_at is None else f"expires {token.expires_at:%Y-%m-%d %H:%M} UTC"
        )
        yield (
            f"Token {token.key_id} of connection {token.connection.slug!r} {when}.",
            f"Rotate it: manage.py provisioning_rotate_token {token.key_id}",
        )
