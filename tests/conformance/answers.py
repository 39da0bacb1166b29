"""How conformance tests read answers, and the URNs that they send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.scim_client import ScimClient

if TYPE_CHECKING:
    from tests.scim_client import Response

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
SEARCH = f"{MESSAGES}:SearchRequest"
PATCH_OP = f"{MESSAGES}:PatchOp"
BULK = f"{MESSAGES}:BulkRequest"


def case(section: str, requirement: str, *values: Any, standard: str = "RFC 7644") -> Any:
    """Give a case of a parametrised test with its compliance mark; its id is the assertion's."""
    mark = pytest.mark.compliance(standard, section, requirement)
    return pytest.param(*values, marks=mark, id=requirement.partition(" ")[0])


def refusal(response: Response) -> tuple[int, str | None]:
    """Give status and scimType of an answer that must be a SCIM error (RFC 7644 §3.12)."""
    body = response.json()
    assert response["Content-Type"] == "application/scim+json"
    assert body["schemas"] == [f"{MESSAGES}:Error"]
    assert body["status"] == str(response.status_code)
    return response.status_code, body.get("scimType")


def listed(response: Response) -> dict[str, Any]:
    """Give the body of an answer that must be a ListResponse."""
    body: dict[str, Any] = response.json()
    assert response.status_code == 200, body
    assert body["schemas"] == [f"{MESSAGES}:ListResponse"]
    return body


def names(client: ScimClient, **params: Any) -> list[str]:
    """Give the userNames that a query lists, in the order of the answer."""
    return [user["userName"] for user in listed(client.get("/Users", params))["Resources"]]


def group_names(client: ScimClient, **params: Any) -> list[str]:
    """Give the displayNames of the groups that a query lists, in the order of the answer."""
    return [group["displayName"] for group in listed(client.get("/Groups", params))["Resources"]]


def read(client: ScimClient, path: str, **params: Any) -> dict[str, Any]:
    """Read a resource that must be there."""
    response = client.get(path, params or None)
    assert response.status_code == 200, response.content
    return dict(response.json())


def patched(client: ScimClient, path: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """Apply operations that must succeed and give the resource as a later read shows it."""
    response = client.patch(path, list(operations))
    assert response.status_code in (200, 204), response.content
    return read(client, path)


def user_body(user_name: str, **attributes: Any) -> dict[str, Any]:
    """Give the body of a POST or PUT of a user."""
    return {"schemas": [USER], "userName": user_name, **attributes}


def group_body(display_name: str, *members: str, **attributes: Any) -> dict[str, Any]:
    """Give the body of a POST or PUT of a group."""
    listed_members = [{"value": member} for member in members]
    return {"schemas": [GROUP], "displayName": display_name, "members": listed_members, **attributes}


def member_ids(group: dict[str, Any]) -> set[str]:
    """Give the ids of a group's members."""
    ids = [member["value"] for member in group.get("members", [])]
    assert len(ids) == len(set(ids))
    return set(ids)
