"""What a directory sends; plain data, so that the parity page can be written without a project."""

from __future__ import annotations

from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


def user_body(user_name: str, /, **more: Any) -> dict[str, Any]:
    """Give what a directory sends for a person."""
    return {
        "schemas": [USER],
        "userName": user_name,
        "externalId": f"ext-{user_name}",
        "name": {"givenName": user_name.title(), "familyName": "Example"},
        "emails": [{"value": f"{user_name}@example.com", "primary": True}],
        "active": True,
        **more,
    }
