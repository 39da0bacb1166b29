"""The requests of a directory that speaks plain RFC 7644."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from example_project.demo.wire import Request
from example_project.identity_providers.people import Person

HEADERS = {"Accept": "application/scim+json", "Content-Type": "application/scim+json"}
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def find(person: Person) -> Request:
    """The look for a person before a push."""
    wanted = quote(f'userName eq "{person.user_name}"', safe="")
    return Request("GET", f"/Users?filter={wanted}")


def create(person: Person, **changes: Any) -> Request:
    """A person as the directory knows them; it and the identity provider agree on the login name."""
    document = {
        "schemas": [USER_SCHEMA],
        "externalId": f"hr-{person.key}",
        "userName": person.user_name,
        "name": {"givenName": person.given_name, "familyName": person.family_name},
        "emails": [{"value": person.email, "type": "work", "primary": True}],
        "active": True,
    }
    return Request("POST", "/Users", {**document, **changes})


def set_active(scim_id: str, *, active: bool) -> Request:
    """Deactivation and reactivation (RFC 7644 §3.5.2.3)."""
    operation = {"op": "replace", "path": "active", "value": active}
    return Request("PATCH", f"/Users/{scim_id}", {"schemas": [PATCH_SCHEMA], "Operations": [operation]})
