"""Connections, identities, group links and sessions as rows; never a token, and never the key of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .export import Table

_CONNECTION = (
    "slug", "name", "idp", "enabled", "halted_at", "jit", "linking", "attribute_sync", "group_sync", "delete_mode",
    "visibility", "manages_privileged", "strict", "stale_after_days", "stale_action", "session_max_age_seconds",
    "seat_limit", "mass_leave_percent", "mass_leave_minutes", "mass_leave_halts", "responsible", "created_at",
)  # fmt: skip
_IDENTITY = (
    "connection", "user", "user_pk", "user_name", "external_id", "scim_id", "active", "scim_managed", "subject",
    "created_at", "updated_at", "last_synced_at", "last_login_at", "deleted_at",
)  # fmt: skip
_GROUP_LINK = (
    "connection",
    "display_name",
    "group",
    "external_id",
    "scim_id",
    "made_group",
    "created_at",
    "updated_at",
)
_SESSION = ("user", "user_pk", "connection", "created_at", "last_seen_at")


def _connection(row: Any) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in _CONNECTION}


def _identity(row: Any) -> Mapping[str, Any]:
    own = {name: getattr(row, name) for name in _IDENTITY[3:]}
    return {
        "connection": row.connection.slug,
        "user": row.user.get_username(),
        "user_pk": str(row.user_id),
        **own,
    }


def _group_link(row: Any) -> Mapping[str, Any]:
    own = {name: getattr(row, name) for name in _GROUP_LINK if name not in {"connection", "group"}}
    return {"connection": row.connection.slug, "group": str(row.group), **own}


def _session(row: Any) -> Mapping[str, Any]:
    return {
        "user": row.user.get_username(),
        "user_pk": str(row.user_id),
        "connection": row.connection.slug if row.connection else None,
        "created_at": row.created_at,
        "last_seen_at": row.last_seen_at,
    }


CONNECTIONS = Table("connections", _CONNECTION, _connection)
IDENTITIES = Table(
    "identities",
    _IDENTITY,
    _identity,
    lambda rows: rows.select_related("connection", "user").defer("attributes"),
)
GROUP_LINKS = Table(
    "groups",
    _GROUP_LINK,
    _group_link,
    lambda rows: rows.select_related("connection", "group").defer("attributes"),
)
SESSIONS = Table(
    "sessions",
    _SESSION,
    _session,
    lambda rows: rows.select_related("connection", "user").defer("session_key", "idp_session"),
)
