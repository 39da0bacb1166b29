"""The requests that Okta's provisioning sends, in its own forms.

Source: Okta developer documentation, "SCIM 2.0 protocol reference" (Users and Groups).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from example_project.demo.wire import Request

HEADERS = {
    "Accept": "application/scim+json",
    "Content-Type": "application/scim+json; charset=utf-8",
    "User-Agent": "Okta SCIM Client 1.0.0",
}
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def probe_users() -> Request:
    """Saving the connection in Okta reads the first two users."""
    return Request("GET", "/Users?startIndex=1&count=2")


def probe_groups() -> Request:
    """Saving the connection in Okta reads the groups as well."""
    return Request("GET", "/Groups?startIndex=1&count=100")


def find(user_name: str) -> Request:
    """Every assignment starts with a look for the person, percent-encoded."""
    wanted = quote(f'userName eq "{user_name}"', safe="")
    return Request("GET", f"/Users?filter={wanted}&startIndex=1&count=100")


def create(given: str, family: str, user_name: str, external_id: str) -> Request:
    """An assignment carries a random password and an empty list of groups."""
    return Request(
        "POST",
        "/Users",
        {
            "schemas": [USER_SCHEMA],
            "userName": user_name,
            "name": {"givenName": given, "familyName": family},
            "emails": [{"primary": True, "value": user_name, "type": "work"}],
            "displayName": f"{given} {family}",
            "locale": "en-US",
            "externalId": external_id,
            "groups": [],
            "password": "1mz050nq",
            "active": True,
        },
    )


def read(scim_id: str) -> Request:
    """Before an update Okta reads the user."""
    return Request("GET", f"/Users/{scim_id}")


def replace(scim_id: str, document: dict[str, Any], **changes: Any) -> Request:
    """An update puts the whole user back, read-only parts and empty strings included."""
    body = {**document, "nickName": "", "groups": [], **changes}
    return Request("PUT", f"/Users/{scim_id}", body)


def set_active(scim_id: str, *, active: bool) -> Request:
    """Deactivation and reactivation: one operation without a path."""
    return _patch(f"/Users/{scim_id}", {"op": "replace", "value": {"active": active}})


def push_group(name: str) -> Request:
    """Group push makes the group without members first."""
    return Request("POST", "/Groups", {"schemas": [GROUP_SCHEMA], "displayName": name, "members": []})


def rename_group(group_id: str, name: str, *operations: dict[str, Any]) -> Request:
    """A rename, which also comes along with each change of members."""
    rename = {"op": "replace", "value": {"id": group_id, "displayName": name}}
    return _patch(f"/Groups/{group_id}", rename, *operations)


def add_member(scim_id: str, user_name: str) -> dict[str, Any]:
    """The operation that adds one person, with a name to show."""
    return {"op": "add", "path": "members", "value": [{"value": scim_id, "display": user_name}]}


def remove_member(scim_id: str) -> dict[str, Any]:
    """The operation that removes one person, by a filter in the path."""
    return {"op": "remove", "path": f'members[value eq "{scim_id}"]'}


def _patch(path: str, *operations: dict[str, Any]) -> Request:
    return Request("PATCH", path, {"schemas": [PATCH_SCHEMA], "Operations": list(operations)})
