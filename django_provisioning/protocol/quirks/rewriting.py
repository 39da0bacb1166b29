"""The shape of a quirk, and the walk over PATCH operations that quirks share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Quirk = Callable[[Any], Any]


def unchanged(payload: Any) -> Any:
    """Give the payload as it is."""
    return payload


@dataclass(frozen=True, slots=True)
class Quirks:
    """The quirks of one identity provider: for bodies of POST and PUT, and for bodies of PATCH."""

    idp: str
    on_resource: Quirk = unchanged
    on_patch: Quirk = unchanged


def each_operation(payload: Any, rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Give a PATCH body with each of its operations rewritten."""
    if not isinstance(payload, dict):
        return payload
    return {
        name: [rewrite(item) if isinstance(item, dict) else item for item in value]
        if name.lower() == "operations" and isinstance(value, list)
        else value
        for name, value in payload.items()
    }


def each_member(value: Any, name: str, rewrite: Quirk) -> Any:
    """Give an object with the member of that name, in any case, rewritten."""
    if not isinstance(value, dict):
        return value
    return {key: rewrite(item) if key.lower() == name else item for key, item in value.items()}


def member(value: dict[str, Any], name: str) -> Any:
    """Give the member of that name in any case, None when there is none."""
    return next((item for key, item in value.items() if key.lower() == name), None)
