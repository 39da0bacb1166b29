"""A small tenant to ask things of: one connection, one person, one group with that person in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_provisioning.models import Connection
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_URN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH_URN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A connection with its client; ``user`` and ``group`` are the resources as they were answered."""

    connection: Connection
    client: ScimClient
    user: dict[str, Any]
    group: dict[str, Any]

    @property
    def user_path(self) -> str:
        """Path of the person."""
        return f"/Users/{self.user['id']}"

    @property
    def group_path(self) -> str:
        """Path of the group."""
        return f"/Groups/{self.group['id']}"


def make_tenant(slug: str = "", *, name: str = "ada@example.com", group: str = "Engineers") -> Tenant:
    """Make a tenant; ``name`` is the person's userName, email and externalId, ``group`` the group's name."""
    connection = make_connection(slug)
    client = ScimClient(make_token(connection))
    user = client.create_user(
        name,
        externalId=f"x-{name}",
        displayName="Ada Lovelace",
        name={"givenName": "Ada", "familyName": "Lovelace"},
        emails=[{"value": name, "type": "work", "primary": True}],
        title="Analyst",
    )
    members = client.create_group(group, user["id"], externalId=f"x-{group}")
    return Tenant(connection, client, user, members)


def user_body(user_name: str = "bob@example.com", **attributes: Any) -> dict[str, Any]:
    """Give the body of a POST or PUT of a user."""
    return {"schemas": [USER_URN], "userName": user_name, **attributes}


def group_body(display_name: str = "Pilots", **attributes: Any) -> dict[str, Any]:
    """Give the body of a POST or PUT of a group."""
    return {"schemas": [GROUP_URN], "displayName": display_name, **attributes}


def patch_body(*operations: dict[str, Any]) -> dict[str, Any]:
    """Give the body of a PATCH."""
    return {"schemas": [PATCH_URN], "Operations": list(operations)}


def bulk_body(*operations: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Give the body of a Bulk job."""
    return {"schemas": [BULK_URN], "Operations": list(operations), **members}


def search_body(**members: Any) -> dict[str, Any]:
    """Give the body of a ``.search``."""
    return {"schemas": [SEARCH_URN], **members}
