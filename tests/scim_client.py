"""A SCIM client over Django's test client: JSON in, JSON out, the bearer token in each request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    # An HttpResponse that the test client has given a json().
    Response = _MonkeyPatchedWSGIResponse

PREFIX = "/scim/v2"


class ScimClient:
    """Sends requests with one token. ``get("/Users")`` is relative to the SCIM prefix."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: dict[str, Any] | None = None,
        content_type: str = "application/scim+json",
        **headers: Any,
    ) -> Response:
        """Send a request; a body that is neither text nor bytes is written as JSON."""
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.generic(
            method, PREFIX + path, body or b"", content_type, headers=sent, query_params=params
        )

    def get(self, path: str, params: dict[str, Any] | None = None, **headers: Any) -> Response:
        """Send a GET."""
        return self.request("GET", path, params=params, **headers)

    def post(self, path: str, body: Any, **headers: Any) -> Response:
        """Send a POST."""
        return self.request("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: Any) -> Response:
        """Send a PUT."""
        return self.request("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: Any) -> Response:
        """Send a PATCH; a list is wrapped as the operations of a PatchOp."""
        if isinstance(body, list):
            body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": body}
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: Any) -> Response:
        """Send a DELETE."""
        return self.request("DELETE", path, **headers)

    def create_user(self, user_name: str, **attributes: Any) -> dict[str, Any]:
        """Create a user and give the resource."""
        schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
        response = self.post("/Users", {"schemas": schemas, "userName": user_name, **attributes})
        assert response.status_code == 201, response.content
        return dict(response.json())

    def create_group(self, display_name: str, *members: str, **attributes: Any) -> dict[str, Any]:
        """Create a group with members by id and give the resource."""
        schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
        body = {
            "schemas": schemas,
            "displayName": display_name,
            "members": [{"value": one} for one in members],
        }
        response = self.post("/Groups", {**body, **attributes})
        assert response.status_code == 201, response.content
        return dict(response.json())
