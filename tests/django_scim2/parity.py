"""The requests of the parity run: those that both packages answer alike, and those that get their answer from ours.

``SAME`` and ``OURS`` are also the tables of docs/explanation/django-scim2-parity.md; ``python -m
tests.django_scim2.parity`` writes the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.django_scim2.bodies import GROUP, PATCH_OP, SEARCH, USER, user_body

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "django-scim2-parity.md"
Look = Callable[[Any], Any]


@dataclass(frozen=True)
class Case:
    """A request, with {ada}, {grace} and {engineers} for ids, and what of the answer counts.

    ``expected`` is what ``look`` has to give for our answer; None in ``SAME``, where the old answer says it.
    """

    name: str
    method: str
    path: str
    status: int
    look: Look
    body: Any = None
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    expected: Any = None


def person(document: dict[str, Any]) -> dict[str, Any]:
    """What both must say of a person."""
    parts = {
        f"name.{part}": document.get("name", {}).get(part) or None for part in ("givenName", "familyName")
    }
    return {**{name: document.get(name) for name in ("externalId", "userName", "emails", "active")}, **parts}


def group(document: dict[str, Any]) -> dict[str, Any]:
    """What both must say of a group."""
    return {
        "externalId": document.get("externalId") or None,
        "displayName": document["displayName"],
        "members": {member["value"] for member in document.get("members", [])},
    }


def names(document: dict[str, Any]) -> dict[str, Any]:
    """Whom a list holds, in any order."""
    found = {one.get("userName") or one.get("displayName") for one in document["Resources"]}
    return {"total": document["totalResults"], "found": found}


def page(document: dict[str, Any]) -> dict[str, Any]:
    """How long a page is; in which order, each server decides."""
    return {name: document[name] for name in ("totalResults", "itemsPerPage", "startIndex")}


def resource_types(document: dict[str, Any]) -> set[str]:
    """Which resource types are served."""
    return {one["name"] for one in document["Resources"]}


def schemas(document: dict[str, Any]) -> bool:
    """Whether the core schemas are served."""
    return {USER, GROUP} <= {one["id"] for one in document["Resources"]}


def nothing(_document: Any) -> None:
    """The status says it all."""


def scim_type(document: dict[str, Any]) -> Any:
    """Which keyword the error carries."""
    return document.get("scimType")


def taken(*keys: str) -> Look:
    """Look at some attributes only."""
    return lambda document: {key: document.get(key) for key in keys}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Give a PatchOp message."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def op(kind: str, path: str | None = None, value: Any = None) -> dict[str, Any]:
    """Give an operation without what it does not name."""
    return {"op": kind} | ({"path": path} if path else {}) | ({} if value is None else {"value": value})


_ADA, _GRACE, _ENGINEERS = "/Users/{ada}", "/Users/{grace}", "/Groups/{engineers}"
_MEMBER = [{"value": "{linus}"}]
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

SAME = (
    Case("read a user", "GET", _ADA, 200, person),
    Case("read an unknown user", "GET", "/Users/nobody", 404, nothing),
    Case("list users", "GET", "/Users", 200, names),
    Case("list a page of users", "GET", "/Users", 200, page, params={"startIndex": "2", "count": "2"}),
    Case("filter userName eq", "GET", "/Users", 200, names, params={"filter": 'userName eq "ada"'}),
    Case("filter userName sw", "GET", "/Users", 200, names, params={"filter": 'userName sw "a"'}),
    Case("filter userName co", "GET", "/Users", 200, names, params={"filter": 'userName co "rac"'}),
    Case(
        "filter with and", "GET", "/Users", 200, names,
        params={"filter": 'name.familyName eq "Example" and userName eq "ada"'},
    ),
    Case(
        "filter with or", "GET", "/Users", 200, names,
        params={"filter": 'userName eq "ada" or userName eq "grace"'},
    ),
    Case("filter name.givenName eq", "GET", "/Users", 200, names, params={"filter": 'name.givenName eq "Ada"'}),
    Case("filter without a hit", "GET", "/Users", 200, names, params={"filter": 'userName eq "nobody"'}),
    Case(
        "search users", "POST", "/Users/.search", 200, names, {"schemas": [SEARCH], "filter": 'userName eq "ada"'}
    ),
    Case("create a user", "POST", "/Users", 201, person, user_body("barbara")),
    Case("create an inactive user", "POST", "/Users", 201, person, user_body("barbara", active=False)),
    Case("create a user whose userName is taken", "POST", "/Users", 409, nothing, user_body("ada")),
    Case("create a user from an empty body", "POST", "/Users", 400, nothing),
    Case("replace a user", "PUT", _GRACE, 200, person, user_body("grace", name={"givenName": "Amazing"})),
    Case("replace an unknown user", "PUT", "/Users/nobody", 404, nothing, user_body("nobody")),
    Case("PATCH replace active", "PATCH", _ADA, 200, person, patch(op("replace", "active", False))),
    Case("PATCH active without path", "PATCH", _ADA, 200, person, patch(op("replace", None, {"active": False}))),
    Case("PATCH with op in capitals", "PATCH", _ADA, 200, person, patch(op("Replace", "active", False))),
    Case("PATCH replace emails", "PATCH", _ADA, 200, person,
         patch(op("replace", "emails", [{"value": "countess@example.com", "primary": True}]))),
    Case("PATCH with a dotted name", "PATCH", _ADA, 200, person,
         patch(op("replace", None, {"name.givenName": "Augusta"}))),
    Case("PATCH an unknown user", "PATCH", "/Users/nobody", 404, nothing, patch(op("replace", "active", False))),
    Case("PATCH without operations", "PATCH", _ADA, 400, nothing, {"schemas": [PATCH_OP]}),
    Case("delete a user", "DELETE", _ADA, 204, nothing),
    Case("delete an unknown user", "DELETE", "/Users/nobody", 404, nothing),
    Case("read a group", "GET", _ENGINEERS, 200, group),
    Case("list groups", "GET", "/Groups", 200, names),
    Case("create a group", "POST", "/Groups", 201, group, {"schemas": [GROUP], "displayName": "Sailors"}),
    Case("rename a group by PUT", "PUT", "/Groups/{empty}", 200, group, {"schemas": [GROUP], "displayName": "Sailors"}),
    Case("PATCH add members", "PATCH", _ENGINEERS, 200, group, patch(op("add", "members", _MEMBER))),
    Case("PATCH remove members by value", "PATCH", _ENGINEERS, 200, group,
         patch(op("remove", "members", [{"value": "{ada}"}]))),
    Case("delete a group", "DELETE", _ENGINEERS, 204, nothing),
    Case("service provider configuration", "GET", "/ServiceProviderConfig", 200, lambda one: one["patch"]),
    Case("resource types", "GET", "/ResourceTypes", 200, resource_types),
    Case("one resource type", "GET", "/ResourceTypes/User", 200, taken("id", "name", "schema")),
    Case("schemas", "GET", "/Schemas", 200, schemas),
)  # fmt: skip

_HAS_ADA = {"total": 1, "found": {"ada"}}
OURS = (
    Case("filter externalId eq", "GET", "/Users", 200, names, params={"filter": 'externalId eq "ext-ada"'},
         expected=_HAS_ADA),
    Case("filter emails.value eq", "GET", "/Users", 200, names, params={"filter": 'emails.value eq "ada@example.com"'},
         expected=_HAS_ADA),
    Case("filter id eq", "GET", "/Users", 200, names, params={"filter": 'id eq "{ada}"'}, expected=_HAS_ADA),
    Case("filter userName in another case", "GET", "/Users", 200, names, params={"filter": 'USERNAME eq "ADA"'},
         expected=_HAS_ADA),
    Case("filter an attribute that is not there", "GET", "/Users", 400, scim_type,
         params={"filter": 'shoeSize eq "38"'}, expected="invalidFilter"),
    Case("and binds tighter than or", "GET", "/Users", 200, names,
         params={"filter": 'userName eq "ada" or userName eq "grace" and active eq false'}, expected=_HAS_ADA),
    Case("filter groups by displayName", "GET", "/Groups", 200, names,
         params={"filter": 'displayName eq "Engineers"'}, expected={"total": 1, "found": {"Engineers"}}),
    Case("sort", "GET", "/Users", 200, lambda one: [user["userName"] for user in one["Resources"]],
         params={"filter": "externalId pr", "sortBy": "userName", "sortOrder": "descending"},
         expected=["linus", "grace", "ada"]),
    Case("select attributes", "GET", _ADA, 200, set, params={"attributes": "userName"},
         expected={"schemas", "id", "userName"}),
    Case("search all", "POST", "/.search", 200, names, {"schemas": [SEARCH], "filter": 'externalId eq "ext-ada"'},
         expected=_HAS_ADA),
    Case("create a user without userName", "POST", "/Users", 400, scim_type, {"schemas": [USER]},
         expected="invalidValue"),
    Case("create a user with the enterprise extension", "POST", "/Users", 201, taken(_ENTERPRISE),
         user_body("barbara", **{_ENTERPRISE: {"department": "Engines"}}),
         expected={_ENTERPRISE: {"department": "Engines"}}),
    Case("PATCH add to a user", "PATCH", _ADA, 200, taken("title"), patch(op("add", "title", "Countess")),
         expected={"title": "Countess"}),
    Case("PATCH remove from a user", "PATCH", _ADA, 200, lambda one: one["name"].get("givenName"),
         patch(op("remove", "name.givenName")), expected=None),
    Case("PATCH replace displayName", "PATCH", _ADA, 200, taken("displayName"),
         patch(op("replace", "displayName", "Countess")), expected={"displayName": "Countess"}),
    Case("PATCH replace externalId", "PATCH", _ADA, 200, taken("externalId"), patch(op("replace", "externalId", "9")),
         expected={"externalId": "9"}),
    Case("PATCH a value that a filter chooses", "PATCH", _ADA, 200, lambda one: one["emails"][0]["value"],
         patch(op("replace", "emails[primary eq true].value", "countess@example.com")),
         expected="countess@example.com"),
    Case("PATCH the work address, as Entra ID writes it", "PATCH", _ADA, 200,
         lambda one: [email["value"] for email in one["emails"]],
         patch(op("Replace", 'emails[type eq "work"].value', "countess@example.com")),
         expected=["countess@example.com"]),
    Case("PATCH with a nested object", "PATCH", _ADA, 200, lambda one: one["name"]["givenName"],
         patch(op("replace", None, {"name": {"givenName": "Augusta"}})), expected="Augusta"),
    Case("PATCH with False as a text", "PATCH", _ADA, 200, taken("active"),
         patch(op("Replace", None, {"active": "False"})), expected={"active": False}),
    Case("PATCH to a userName that is taken", "PATCH", _ADA, 409, scim_type,
         patch(op("replace", "userName", "grace")), expected="uniqueness"),
    Case("create a group with members", "POST", "/Groups", 201, lambda one: len(one["members"]),
         {"schemas": [GROUP], "displayName": "Sailors", "members": _MEMBER}, expected=1),
    Case("replace the members of a group by PUT", "PUT", _ENGINEERS, 200, lambda one: len(one["members"]),
         {"schemas": [GROUP], "displayName": "Engineers", "members": _MEMBER}, expected=1),
    Case("PATCH replace members", "PATCH", _ENGINEERS, 200, lambda one: len(one["members"]),
         patch(op("replace", "members", _MEMBER)), expected=1),
    Case("PATCH remove the member that a filter chooses", "PATCH", _ENGINEERS, 200, lambda one: len(one["members"]),
         patch(op("remove", 'members[value eq "{ada}"]')), expected=1),
    Case("PATCH rename a group", "PATCH", _ENGINEERS, 200, taken("displayName"),
         patch(op("replace", "displayName", "Sailors")), expected={"displayName": "Sailors"}),
    Case("PATCH under a version that is outdated", "PATCH", _ADA, 412, nothing, patch(op("replace", "active", False)),
         headers={"If-Match": 'W/"0"'}),
    Case("Bulk", "POST", "/Bulk", 200, lambda one: [each["status"] for each in one["Operations"]],
         {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
          "Operations": [{"method": "POST", "path": "/Users", "bulkId": "1", "data": user_body("barbara")}]},
         expected=["201"]),
    Case("the status of an error is a text", "GET", "/Users/nobody", 404, taken("status"), expected={"status": "404"}),
)  # fmt: skip

_HEAD = """# Parity with django-scim2

What a directory sends to django-scim2 0.23 it can go on sending here.
Each line is a request of the test suite, sent to both packages on the same data or to ours alone.
Both lists also run against the bridge to a project's adapters: as they are, and with PATCH code that calls `super()`.
This page is written by `python -m tests.django_scim2.parity`.

"""


def text() -> str:
    """Give the page."""
    lines = ["## Answered by both alike", "", "| Request | | Status |", "|---|---|---|"]
    lines += [f"| {case.name} | `{_request(case)}` | {case.status} |" for case in SAME]
    lines += ["", "## Answered here", "", "django-scim2 has no answer to these, or another one.", ""]
    lines += ["| Request | | Status |", "|---|---|---|"]
    lines += [f"| {case.name} | `{_request(case)}` | {case.status} |" for case in OURS]
    return _HEAD + "\n".join(lines) + "\n"


def filled(case: Case, ids: dict[str, str]) -> Case:
    """Put the ids into path, body and query."""
    text = json.dumps([case.path, case.body, case.params])
    for name, scim_id in ids.items():
        text = text.replace(f"{{{name}}}", scim_id)
    path, body, params = json.loads(text)
    return replace(case, path=path, body=body, params=params)


def seen(case: Case, response: Any) -> Any:
    """Give what counts of an answer; without a body only the status does."""
    if not response.content:
        return None
    try:
        return case.look(response.json())
    except (KeyError, TypeError, IndexError, AttributeError):
        return "not in the answer"


def _request(case: Case) -> str:
    query = "&".join(f"{name}={value}" for name, value in case.params.items())
    return f"{case.method} {case.path}" + (f"?{query}" if query else "")


if __name__ == "__main__":
    PAGE.write_text(text())
