"""Two tenants and every route: what belongs to the other one does not exist (SECURITY §2.2).

The cases are held against the URLconf: a new route without a case, and a new resource type without one, fail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from django_provisioning.models import Event, GroupLink, Identity
from django_provisioning.scim.handlers import handlers
from django_provisioning.urls import urlpatterns
from tests.scim.answers import require_error
from tests.scim.scenes import Tenant, bulk_body, group_body, make_tenant, patch_body, search_body, user_body

if TYPE_CHECKING:
    from tests.scim_client import Response


pytestmark = pytest.mark.django_db

_UNKNOWN = "5d8f9d3e-0000-4000-8000-000000000000"
_SECRET = "zitronenfalter"


@dataclass(frozen=True, slots=True)
class Case:
    """One request; ``{id}`` stands for the id under test, in the path and in the body's texts."""

    method: str
    path: str
    body: Any = None


def _resource_cases(endpoint: str, body: dict[str, Any]) -> list[Case]:
    path = f"{endpoint}/{{id}}"
    return [
        Case("GET", path),
        Case("GET", path + "/"),
        Case("HEAD", path),
        Case("PUT", path, body),
        Case("PATCH", path, patch_body({"op": "replace", "path": "displayName", "value": "x"})),
        Case("PATCH", path, patch_body({"op": "replace", "value": {"id": "{id}", "displayName": "x"}})),
        Case("DELETE", path),
        Case("POST", path, body),
    ]


_USER_QUERIES = [
    'id eq "{id}"', 'groups.value eq "{id}"', 'groups[value eq "{id}"]', 'id ne "{id}"', 'not (id eq "{id}")',
]  # fmt: skip
_GROUP_QUERIES = ['id eq "{id}"', 'members.value eq "{id}"', 'members[value eq "{id}"]', 'members eq "{id}"']
_USER_OPERATIONS: list[dict[str, Any]] = [
    {"method": "PUT", "path": "/Users/{id}", "data": user_body()},
    {"method": "PATCH", "path": "/Users/{id}", "data": patch_body({"op": "add", "path": "title", "value": "x"})},
    {"method": "DELETE", "path": "/Users/{id}"},
    {"method": "DELETE", "path": "/Users/{id}", "version": 'W/"1"'},
    {"method": "DELETE", "path": "/Groups/{id}"},
    {"method": "PATCH", "path": "/Groups/{id}", "data": patch_body({"op": "remove", "path": "members"})},
]  # fmt: skip

# For each route of the URLconf: the requests that could touch a resource by its id.
_CASES: dict[str, list[Case]] = {
    "root": [Case("GET", f"/?filter={query}") for query in ('id eq "{id}"', 'members.value eq "{id}"')],
    "root-search": [Case("POST", "/.search", search_body(filter='id eq "{id}"', attributes=["userName", "members"]))],
    "service-provider-config": [Case("GET", "/ServiceProviderConfig"), Case("GET", "/ServiceProviderConfig/{id}")],
    "resource-types": [Case("GET", "/ResourceTypes"), Case("GET", "/ResourceTypes/{id}")],
    "schemas": [Case("GET", "/Schemas"), Case("GET", "/Schemas/{id}")],
    "bulk": [Case("POST", "/Bulk", bulk_body(operation)) for operation in _USER_OPERATIONS],
    "me": [Case("GET", "/Me"), Case("PATCH", "/Me", patch_body())],
    "resources": [
        *[Case("GET", f"/Users?filter={query}") for query in _USER_QUERIES],
        *[Case("GET", f"/Groups?filter={query}") for query in _GROUP_QUERIES],
    ],
    "search": [
        *[Case("POST", "/Users/.search", search_body(filter=query)) for query in _USER_QUERIES],
        *[Case("POST", "/Groups/.search", search_body(filter=query)) for query in _GROUP_QUERIES],
    ],
    "resource": [
        *_resource_cases("/Users", user_body("renamed")),
        *_resource_cases("/Groups", group_body("Renamed")),
    ],
    "unknown": [Case("GET", "/Nothing/{id}"), Case("DELETE", "/Users/{id}/x"), Case("GET", "/admin/{id}")],
}  # fmt: skip
_ENDPOINTS = {"/Users", "/Groups"}
# Which id of the other tenant is tried: its person, its group, or its person's Django primary key.
_FOREIGN = ["user", "group", "pk"]


def test_cases_cover_every_route() -> None:
    """A route without a case, or a case without a route, is a failure here."""
    assert set(_CASES) == {pattern.name for pattern in urlpatterns}


def test_cases_cover_every_resource_type() -> None:
    """A resource type without cases is a failure here."""
    assert {handler.resource_type.endpoint for handler in handlers()} == _ENDPOINTS


def _two_tenants() -> tuple[Tenant, Tenant]:
    return make_tenant("acme"), make_tenant("other", name=f"{_SECRET}@example.org", group=_SECRET)


def _foreign_id(kind: str, other: Tenant) -> str:
    if kind == "pk":
        return str(Identity.objects.get(scim_id=other.user["id"]).user_id)
    return str(getattr(other, kind)["id"])


def _filled(value: Any, scim_id: str) -> Any:
    """Put the id into every text of a value."""
    if isinstance(value, str):
        return value.replace("{id}", scim_id)
    if isinstance(value, dict):
        return {name: _filled(item, scim_id) for name, item in value.items()}
    return [_filled(item, scim_id) for item in value] if isinstance(value, list) else value


def _ask(tenant: Tenant, case: Case, scim_id: str, **headers: str) -> Response:
    path, _, query = _filled(case.path, scim_id).partition("?")
    params = dict([query.split("=", 1)]) if query else None
    return tenant.client.request(case.method, path, _filled(case.body, scim_id), params=params, **headers)


def _comparable(response: Response, scim_id: str) -> tuple[Any, ...]:
    """Give what a client sees, without the id that it sent itself and what differs between any two requests."""
    names = sorted(name for name, _ in response.items() if name not in ("X-Request-ID", "Content-Length"))
    text = re.sub(rf"(?<=[\"'/]){re.escape(scim_id)}(?=[\"'])", "{id}", response.content.decode())
    return response.status_code, names, response.get("Allow"), response.get("ETag"), text


def _rows(tenant: Tenant) -> list[Any]:
    querysets = [
        Identity.objects.filter(connection=tenant.connection).order_by("pk"),
        GroupLink.objects.filter(connection=tenant.connection).order_by("pk"),
        Event.objects.filter(connection=tenant.connection).order_by("pk"),
    ]
    people = Identity.objects.filter(connection=tenant.connection)
    return [list(queryset.values()) for queryset in querysets] + [
        list(people.values_list("user__pk", "user__is_active", "user__password").order_by("pk")),
        tenant.client.get(tenant.user_path).content,
        tenant.client.get(tenant.group_path).content,
    ]


_HEADERS: list[dict[str, str]] = [{}, {"If_Match": "*"}, {"If_Match": 'W/"stale"'}, {"If_None_Match": "*"}]


@pytest.mark.parametrize("kind", _FOREIGN)
@pytest.mark.parametrize("route", _CASES)
@pytest.mark.compliance("RFC 7644", "3.4.1", "B098 an unknown id is a 404 SCIM error with status as a string")
def test_route_answers_a_foreign_id_like_an_unknown_one(route: str, kind: str) -> None:
    """Whatever route, method and precondition: a foreign id gives the answer of an id that nobody has (C21)."""
    own, other = _two_tenants()
    foreign = _foreign_id(kind, other)
    before = _rows(other)
    version = other.client.get(other.group_path if kind == "group" else other.user_path)["ETag"]

    variants = [*_HEADERS, {"If_Match": version}, {"If_None_Match": version}] if route == "resource" else [{}]
    for case in _CASES[route]:
        for headers in variants:
            unknown = _ask(own, case, _UNKNOWN, **headers)
            answer = _ask(own, case, foreign, **headers)

            assert _comparable(answer, foreign) == _comparable(unknown, _UNKNOWN), (case, headers)
            assert _SECRET.encode() not in answer.content, (case, headers)
            if route == "resource":
                assert answer.status_code == (405 if case.method == "POST" else 404), (case, headers)

    assert _rows(other) == before


@pytest.mark.parametrize("kind", _FOREIGN)
@pytest.mark.parametrize("operation", _USER_OPERATIONS, ids=lambda one: f"{one['method']} {one['path'][:6]}")
@pytest.mark.compliance("RFC 7644", "3.7", "B176 an operation on an unknown id is a 404 in its place")
def test_foreign_id_in_a_bulk_job_is_404_in_its_place(operation: dict[str, Any], kind: str) -> None:
    """An operation of a job reaches no further than a request of its own."""
    own, other = _two_tenants()
    foreign = _foreign_id(kind, other)
    before = _rows(other)
    case = Case("POST", "/Bulk", bulk_body(operation))

    unknown = _ask(own, case, _UNKNOWN)
    answer = _ask(own, case, foreign)

    assert _comparable(answer, foreign) == _comparable(unknown, _UNKNOWN)
    assert [result["status"] for result in answer.json()["Operations"]] == ["404"]
    assert _rows(other) == before


@pytest.mark.parametrize("kind", _FOREIGN)
@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", group_body("Own", members=[{"value": "{id}"}])),
        ("PUT", group_body("Engineers", members=[{"value": "{id}"}])),
        ("PATCH", patch_body({"op": "add", "path": "members", "value": [{"value": "{id}"}]})),
        ("PATCH", patch_body({"op": "replace", "value": {"members": [{"value": "{id}"}]}})),
        ("PATCH", patch_body({"op": "remove", "path": 'members[value eq "{id}"]'})),
    ],
    ids=["POST", "PUT", "PATCH add", "PATCH replace", "PATCH remove"],
)
def test_foreign_member_is_left_out_and_stays_where_it_is(
    method: str, body: dict[str, Any], kind: str
) -> None:
    """A member of another connection is one that does not exist; its own groups are untouched."""
    own, other = _two_tenants()
    foreign = _foreign_id(kind, other)
    before = _rows(other)
    path = "/Groups" if method == "POST" else own.group_path

    answer = own.client.request(method, path, _filled(body, foreign))

    assert answer.status_code in (200, 201), answer.content
    assert foreign not in [member["value"] for member in answer.json().get("members", [])]
    assert _SECRET.encode() not in answer.content
    assert _rows(other) == before


def _everything_readable(tenant: Tenant) -> list[bytes]:
    """Give the answers of a tenant to reads that count, sort, page and search over all there is."""
    name = f"{_SECRET}@example.org"
    queries: list[dict[str, Any]] = [
        {}, {"count": 0}, {"count": 1}, {"startIndex": 2}, {"sortBy": "displayName", "sortOrder": "descending"},
        {"sortBy": "meta.lastModified"}, {"sortBy": "id", "count": 1}, {"cursor": "", "count": 100},
        {"filter": "id pr"}, {"filter": f'externalId eq "x-{name}"'}, {"filter": 'displayName co "a"'},
        {"filter": "not (externalId pr)"}, {"filter": 'meta.created gt "2000-01-01T00:00:00Z"'},
        {"filter": f'schemas co "{_SECRET}"'}, {"attributes": "groups,members"},
    ]  # fmt: skip
    user_queries: list[dict[str, Any]] = [
        {"filter": f'userName eq "{name}"'}, {"filter": f'userName sw "{_SECRET[:3]}"'}, {"filter": "groups pr"},
        {"filter": f'emails.value co "{_SECRET}"'}, {"filter": f'emails[value eq "{name}"]'}, {"sortBy": "emails"},
        {"filter": f'groups.display eq "{_SECRET}"'}, {"filter": "active eq true"}, {"filter": 'userName ne "x"'},
        {"sortBy": "userName", "sortOrder": "descending"},
    ]  # fmt: skip
    group_queries: list[dict[str, Any]] = [
        {"filter": f'displayName eq "{_SECRET}"'}, {"filter": "members pr"},
        {"filter": f'members.display eq "{name}"'}, {"filter": 'members.type eq "User"'},
    ]  # fmt: skip
    answers = [tenant.client.get("/Users", query) for query in queries + user_queries]
    answers += [tenant.client.get("/Groups", query) for query in queries + group_queries]
    answers += [tenant.client.get("/", query) for query in queries]
    answers += [tenant.client.post("/.search", search_body(**query)) for query in queries]
    assert [answer.content for answer in answers if answer.status_code != 200] == []
    return [answer.content for answer in answers]


def test_reads_of_a_tenant_do_not_change_with_another_one() -> None:
    """Totals, orders, pages and searches are byte for byte the same whether another tenant exists or not (C21)."""
    own = make_tenant("acme")
    alone = _everything_readable(own)
    other = make_tenant("other", name=f"{_SECRET}@example.org", group=_SECRET)
    other.client.create_user("aaa@example.org", displayName="Ada Lovelace", active=False)

    beside = _everything_readable(own)
    other.client.delete(other.user_path)

    assert beside == alone
    assert _everything_readable(own) == alone


def test_same_names_are_free_in_each_tenant() -> None:
    """userName, externalId and displayName are unique in a connection only: no 409 tells of another one."""
    own = make_tenant("acme")

    other = make_tenant("other")

    assert other.user["userName"] == own.user["userName"]
    assert other.user["externalId"] == own.user["externalId"]
    assert other.group["displayName"] == own.group["displayName"]
    assert other.user["id"] != own.user["id"]
    assert own.client.get("/Users").json()["totalResults"] == 1
    assert Identity.objects.values("user").distinct().count() == 2


@pytest.mark.parametrize("attribute", ["userName", "externalId"])
def test_rename_onto_a_name_of_the_other_tenant_is_no_conflict(attribute: str) -> None:
    """Taking a name that another tenant uses works like taking a free one, by PUT, PATCH and Bulk."""
    own, other = _two_tenants()
    taken = other.user[attribute]

    patched = own.client.patch(own.user_path, [{"op": "replace", "path": attribute, "value": taken}])
    replaced = own.client.put(own.user_path, {**user_body("back"), attribute: taken})

    assert patched.status_code == replaced.status_code == 200
    assert patched.json()[attribute] == replaced.json()[attribute] == taken
    assert other.client.get(other.user_path).json()[attribute] == taken


def test_group_rename_onto_a_name_of_the_other_tenant_is_no_conflict() -> None:
    """A group's name is unique in its connection only."""
    own, other = _two_tenants()

    renamed = own.client.patch(own.group_path, [{"op": "replace", "path": "displayName", "value": _SECRET}])

    assert renamed.status_code == 200, renamed.content
    assert renamed.json()["displayName"] == other.group["displayName"]


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/"])
def test_cursor_of_the_other_tenant_is_invalid(path: str) -> None:
    """A cursor is bound to the connection that it was given to (RFC 9865)."""
    own, other = _two_tenants()
    for tenant in (own, other):
        tenant.client.create_user("second@example.com")
        tenant.client.create_group("Second")
    cursor = other.client.get(path, {"cursor": "", "count": 1}).json()["nextCursor"]

    answer = own.client.get(path, {"cursor": cursor, "count": 1})

    require_error(answer, 400, "invalidCursor")
    assert other.client.get(path, {"cursor": cursor, "count": 1}).status_code == 200


def test_deleted_person_of_the_other_tenant_is_not_revived() -> None:
    """A tombstone belongs to its connection: the same name elsewhere is somebody new."""
    own, other = _two_tenants()
    other.client.delete(other.user_path)

    made = own.client.create_user(other.user["userName"], externalId=other.user["externalId"])

    identity = Identity.objects.get(scim_id=made["id"])
    assert Identity.objects.filter(user=identity.user_id).count() == 1


def test_member_of_two_groups_shows_only_the_groups_of_its_own_tenant() -> None:
    """One Django user with an identity in each connection shows each connection its own groups and names."""
    own, other = _two_tenants()
    shared = Identity.objects.get(scim_id=own.user["id"])
    Identity.objects.filter(scim_id=other.user["id"]).update(user=shared.user)
    other.client.patch(
        other.group_path, [{"op": "add", "path": "members", "value": [{"value": other.user["id"]}]}]
    )

    person = own.client.get(own.user_path).json()
    group = own.client.get(own.group_path).json()

    assert [one["value"] for one in person["groups"]] == [own.group["id"]]
    assert [one["value"] for one in group["members"]] == [own.user["id"]]
    assert _SECRET not in str(person) + str(group)
