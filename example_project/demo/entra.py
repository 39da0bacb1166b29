"""The requests that the provisioning service of Microsoft Entra ID sends, in its own forms.

Source: Microsoft Learn, "Tutorial: Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from example_project.demo.wire import Request

HEADERS = {
    "Accept": "application/scim+json",
    "Content-Type": "application/scim+json; charset=utf-8",
    "User-Agent": "Microsoft Entra provisioning",
}
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
LEGACY_GROUP_SCHEMA = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def find_user(user_name: str) -> Request:
    """The look for a person; testing the connection asks for a random GUID. Spaces are sent as ``+``."""
    wanted = quote_plus(f'userName eq "{user_name}"')
    return Request("GET", f"/Users?filter={wanted}")


def find_group(name: str) -> Request:
    """The look for a group; members are never read."""
    wanted = quote_plus(f'displayName eq "{name}"')
    return Request("GET", f"/Groups?excludedAttributes=members&filter={wanted}")


def create(given: str, family: str, user_name: str, **more: Any) -> Request:
    """A new person: the enterprise schema is always named, and booleans may come as text."""
    return Request(
        "POST",
        "/Users",
        {
            "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA],
            "externalId": f"{given}.{family}".lower(),
            "userName": user_name,
            "active": "True",
            "displayName": f"{given} {family}",
            "emails": [{"primary": "true", "type": "work", "value": user_name}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": f"{given} {family}", "givenName": given, "familyName": family},
            "roles": [],
            **more,
        },
    )


def move(scim_id: str, *, department: str, manager_id: str, title: str) -> Request:
    """A change of job: capital letters in ``op``, URN paths, the manager as a bare string."""
    return _patch(
        f"/Users/{scim_id}",
        {"op": "Replace", "path": f"{ENTERPRISE_SCHEMA}:department", "value": department},
        {"op": "Add", "path": f"{ENTERPRISE_SCHEMA}:manager", "value": manager_id},
        {"op": "Replace", "path": "title", "value": title},
    )


def set_active(scim_id: str, *, active: bool) -> Request:
    """Unassignment, disabling and soft deletion: a boolean as text."""
    return _patch(f"/Users/{scim_id}", {"op": "Replace", "path": "active", "value": str(active)})


def delete(scim_id: str) -> Request:
    """The end, thirty days after the soft deletion."""
    return Request("DELETE", f"/Users/{scim_id}")


def create_group(name: str, external_id: str) -> Request:
    """A new group, with the URI of an older protocol beside the schema and without members."""
    return Request(
        "POST",
        "/Groups",
        {
            "schemas": [GROUP_SCHEMA, LEGACY_GROUP_SCHEMA],
            "externalId": external_id,
            "displayName": name,
            "meta": {"resourceType": "Group"},
        },
    )


def add_members(group_id: str, *scim_ids: str) -> Request:
    """New members, each with an empty ``$ref``."""
    members = [{"$ref": None, "value": scim_id} for scim_id in scim_ids]
    return _patch(f"/Groups/{group_id}", {"op": "Add", "path": "members", "value": members})


def _patch(path: str, *operations: dict[str, Any]) -> Request:
    return Request("PATCH", path, {"schemas": [PATCH_SCHEMA], "Operations": list(operations)})
