"""Accounts as rows: where each came from, who manages it, how it stands, when it was last seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from ..models import Identity
from .export import Table


def with_identities(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Load the live identities with their connections, whatever the number of accounts [2 queries more]."""
    live = Identity.objects.filter(live=True).select_related("connection").defer("attributes")
    prefetch = Prefetch("user__provisioning_identities", live.order_by("connection__slug"), "live_identities")
    return queryset.select_related("user", "owner").prefetch_related(None).prefetch_related(prefetch)


def last_sync(account: Any) -> datetime | None:
    """Say when a directory last wrote the account."""
    return _latest(identity.last_synced_at for identity in account.user.live_identities)


def last_login(account: Any) -> datetime | None:
    """Say when the person last logged in, by whatever way."""
    by_sso = (identity.last_login_at for identity in account.user.live_identities)
    return _latest([getattr(account.user, "last_login", None), *by_sso])


def _row(account: Any) -> Mapping[str, Any]:
    identities = account.user.live_identities
    return {
        "user": account.user.get_username(),
        "user_pk": str(account.user_id),
        "is_active": account.user.is_active,
        "origin": account.origin,
        "managed_by": account.managed_by,
        "state": account.state,
        "suspension": account.suspension,
        "kind": account.kind,
        "owner": account.owner.get_username() if account.owner else None,
        "connections": ", ".join(identity.connection.slug for identity in identities),
        "external_ids": ", ".join(identity.external_id or "" for identity in identities),
        "created_at": account.created_at,
        "last_sync": last_sync(account),
        "last_login": last_login(account),
        "last_seen": account.last_seen_at,
    }


def _latest(times: Any) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


_COLUMNS = (
    "user", "user_pk", "is_active", "origin", "managed_by", "state", "suspension", "kind", "owner", "connections",
    "external_ids", "created_at", "last_sync", "last_login", "last_seen",
)  # fmt: skip

ACCOUNTS = Table("accounts", _COLUMNS, _row, with_identities)
