"""What the JSON policies of a connection may hold: a typing error in a policy must not silently weaken it."""

from __future__ import annotations

from typing import Any

from ..models import Connection

_SYNC_RULES = ("never", "empty_only", "always")
_GRANTS = ("staff", "superuser")


def problem_of(connection: Connection) -> str | None:
    """Give a sentence about the first JSON policy that is malformed, None if there is none."""
    if not _maps_texts(connection.attribute_sync, _SYNC_RULES):
        return f"attribute_sync maps attribute paths, and 'default', to one of {', '.join(_SYNC_RULES)}."
    if not _maps_texts(connection.privilege_rules, _GRANTS):
        return f"privilege_rules maps group names to one of {', '.join(_GRANTS)}."
    required = connection.required_claims
    if not (isinstance(required, dict) and all(_lists_texts(allowed) for allowed in required.values())):
        return "required_claims maps claim names to the list of allowed values, empty for any."
    for name in ("allowed_email_domains", "default_groups"):
        if not _lists_texts(getattr(connection, name)):
            return f"{name} is a list of texts."
    return None


def _maps_texts(value: Any, allowed: tuple[str, ...]) -> bool:
    return isinstance(value, dict) and all(one in allowed for one in value.values())


def _lists_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)
