"""A document to patch, and short ways to say what is done to it."""

from __future__ import annotations

from typing import Any

from django_provisioning.protocol.core_schemas import USER, USER_URN
from django_provisioning.protocol.messages import PATCH_OP_URN
from django_provisioning.protocol.patch import PatchResult, apply, parse_patch
from django_provisioning.protocol.tolerance import TOLERANT, Tolerance

WORK = {"value": "ada@example.com", "type": "work", "primary": True}
HOME = {"value": "ada@example.org", "type": "home"}
ADA: dict[str, Any] = {
    "schemas": [USER_URN],
    "id": "1",
    "userName": "ada",
    "title": "Countess",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [WORK, HOME],
    "meta": {"resourceType": "User"},
}


def op(name: str, path: str | None = None, value: Any = ...) -> dict[str, Any]:
    """One operation; what is not given is not sent."""
    sent = {"op": name}
    if path is not None:
        sent["path"] = path
    return sent if value is ... else {**sent, "value": value}


def patch(
    *operations: dict[str, Any], document: dict[str, Any] = ADA, tolerance: Tolerance = TOLERANT
) -> PatchResult:
    """Give what the operations make of the document."""
    payload = {"schemas": [PATCH_OP_URN], "Operations": list(operations)}
    return apply(document, parse_patch(payload, USER, tolerance), USER, tolerance)


def after(*operations: dict[str, Any], document: dict[str, Any] = ADA) -> dict[str, Any]:
    """Give the document after the operations."""
    return patch(*operations, document=document).document
