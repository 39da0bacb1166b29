"""What an answer must look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.scim_client import Response


ERROR_URN = "urn:ietf:params:scim:api:messages:2.0:Error"


def require_error(response: Response, status: int, scim_type: str | None = None) -> dict[str, Any]:
    """Hold an answer against the error message of RFC 7644 §3.12 and give its body."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response["Content-Type"] == "application/scim+json"
    body: dict[str, Any] = response.json()
    assert body["schemas"] == [ERROR_URN]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type, body
    assert isinstance(body["detail"], str)
    assert body["detail"]
    return body
