"""How many queries each request may cost, on every database (DESIGN §8).

The token's look-up counts, transaction control does not. The token was used within the last minute, as an IdP's
always is: its time of last use is written once a minute.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.models import GroupLink, Identity
from django_provisioning.models.membership import group_model, membership_table
from tests.scim.scenes import Tenant, make_tenant, user_body

if TYPE_CHECKING:
    from tests.scim_client import Response


pytestmark = pytest.mark.django_db

_TRANSACTION_CONTROL = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|START TRANSACTION)\b", re.IGNORECASE
)


def _queries(request: Callable[[], Response], status: int) -> list[str]:
    """Give the statements of a request that is answered with this status."""
    with CaptureQueriesContext(database) as captured:
        response = request()
    assert response.status_code == status, response.content[:500]
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not _TRANSACTION_CONTROL.match(sql)]


def _require_budget(budget: int, request: Callable[[], Response], status: int = 200) -> int:
    """Hold a request against its budget and give what it cost."""
    queries = _queries(request, status)
    assert len(queries) <= budget, "\n".join(f"{len(queries)} queries:\n{sql[:160]}" for sql in queries)
    return len(queries)


def _people(tenant: Tenant, number: int) -> list[str]:
    """Make people as rows, which is quicker than asking for each, and give their SCIM ids."""
    model = get_user_model()
    field, now = model.USERNAME_FIELD, timezone.now()
    names = [f"p{index}-{uuid.uuid4().hex[:8]}@example.com" for index in range(number)]
    model._default_manager.bulk_create(
        [model(**{field: name}, password="!") for name in names], batch_size=1000
    )
    users = dict(model._default_manager.filter(**{f"{field}__startswith": "p"}).values_list(field, "pk"))
    made = [
        Identity(
            connection=tenant.connection, user_id=users[name], scim_id=str(uuid.uuid4()), user_name=name,
            user_name_key=name, scim_managed=True, created_at=now, updated_at=now,
        )
        for name in names
    ]  # fmt: skip
    Identity.objects.bulk_create(made, batch_size=1000)
    return [identity.scim_id for identity in made]


def _members(tenant: Tenant, scim_ids: list[str]) -> None:
    """Put people into the tenant's group as rows."""
    table = membership_table()
    group = GroupLink.objects.get(scim_id=tenant.group["id"]).group_id
    users: list[Any] = []
    for start in range(0, len(scim_ids), 1000):
        found = Identity.objects.filter(
            connection=tenant.connection, scim_id__in=scim_ids[start : start + 1000]
        )
        users += found.values_list("user_id", flat=True)
    rows = [table.through(**{table.user_id: user, table.group_id: group}) for user in users]
    table.through._base_manager.bulk_create(rows, batch_size=1000)


def _groups(tenant: Tenant, number: int) -> None:
    """Make groups as rows, each with the tenant's person in it."""
    now, table = timezone.now(), membership_table()
    user = Identity.objects.get(scim_id=tenant.user["id"]).user_id
    for _ in range(number):
        name = f"Group {uuid.uuid4().hex}"
        group = group_model()._base_manager.create(name=name)
        GroupLink.objects.create(
            connection=tenant.connection, group_id=group.pk, scim_id=str(uuid.uuid4()), display_name=name,
            display_name_key=name.lower(), created_at=now, updated_at=now,
        )  # fmt: skip
        table.through._base_manager.create(**{table.user_id: user, table.group_id: group.pk})


@pytest.fixture
def tenant() -> Tenant:
    """Give a tenant whose token was used a moment ago."""
    made = make_tenant()
    made.client.get("/Users")
    return made


def test_get_user_costs_three(tenant: Tenant) -> None:
    """GET of a user: token, person, groups."""
    _require_budget(3, lambda: tenant.client.get(tenant.user_path))


def test_get_group_costs_three(tenant: Tenant) -> None:
    """GET of a group: token, group, members."""
    _require_budget(3, lambda: tenant.client.get(tenant.group_path))


def test_get_unknown_costs_two(tenant: Tenant) -> None:
    """A look-up that finds nothing stops there."""
    _require_budget(2, lambda: tenant.client.get("/Users/none"), 404)


@pytest.mark.parametrize(
    "text",
    ['userName eq "ADA@example.com"', 'externalId eq "x-ada@example.com"', 'id eq "{id}"',
     'emails eq "ada@example.com"', 'emails.value eq "ada@example.com"', 'emails[value eq "ada@example.com"]',
     'emails[type eq "work" and value eq "ada@example.com"]', 'userName eq "nobody"'],
)  # fmt: skip
@pytest.mark.parametrize("others", [0, 50])
def test_filter_by_unique_key_costs_three(tenant: Tenant, text: str, others: int) -> None:
    """A filter on a key costs the same in a tenant of one and of many: token, page, groups."""
    _people(tenant, others)

    _require_budget(3, lambda: tenant.client.get("/Users", {"filter": text.format(id=tenant.user["id"])}))


@pytest.mark.parametrize(
    "text", ['displayName eq "Engineers"', 'externalId eq "x-Engineers"', 'id eq "{id}"']
)
def test_group_filter_by_unique_key_costs_three(tenant: Tenant, text: str) -> None:
    """Groups are found by their keys at the cost of people."""
    _require_budget(3, lambda: tenant.client.get("/Groups", {"filter": text.format(id=tenant.group["id"])}))


@pytest.mark.parametrize(
    "params",
    [{}, {"count": 5}, {"startIndex": 3, "count": 5}, {"sortBy": "userName"}, {"cursor": ""},
     {"filter": "active eq true", "count": 5}, {"sortBy": "emails"}],
    ids=repr,
)  # fmt: skip
def test_list_of_users_costs_four_whatever_its_size(tenant: Tenant, params: dict[str, Any]) -> None:
    """A page of users: token, page, groups, count; the same at ten rows and at a hundred (C39)."""
    _members(tenant, _people(tenant, 9))
    ten = _require_budget(4, lambda: tenant.client.get("/Users", {"count": 100, **params}))
    _members(tenant, _people(tenant, 90))

    hundred = _require_budget(4, lambda: tenant.client.get("/Users", {"count": 100, **params}))

    # A full page needs a count that a page with room left does not.
    assert hundred <= ten + 1


def test_list_of_groups_costs_four_whatever_its_size(tenant: Tenant) -> None:
    """A page of groups with their members: token, page, members, count; the same at ten rows and at a hundred."""
    _members(tenant, _people(tenant, 3))
    _groups(tenant, 9)
    _require_budget(4, lambda: tenant.client.get("/Groups", {"count": 100}))
    _groups(tenant, 90)

    response = tenant.client.get("/Groups", {"count": 100})
    _require_budget(4, lambda: tenant.client.get("/Groups", {"count": 100}))

    assert [len(group["members"]) for group in response.json()["Resources"]] == [4] + [1] * 99


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "title", "value": "Director"},
        {"op": "replace", "path": "name.familyName", "value": "Byron"},
        {"op": "add", "path": "emails", "value": [{"value": "ada@example.org", "type": "home"}]},
        {"op": "remove", "path": "title"},
        {
            "op": "replace",
            "value": {"displayName": "Ada", "nickName": "A", "name.givenName": "A", "locale": "en"},
        },
        {"op": "replace", "path": "title", "value": "Analyst"},
    ],
    ids=["pushed", "user field", "added", "removed", "several", "unchanged"],
)
def test_patch_user_costs_seven(tenant: Tenant, operation: dict[str, Any]) -> None:
    """PATCH of a user: token, lock, groups, identity, searchable values, user, event."""
    _require_budget(7, lambda: tenant.client.patch(tenant.user_path, [operation]))


def test_create_user_costs_nine(tenant: Tenant) -> None:
    """POST of a user: token, two looks, user, account, identity, searchable values, event."""
    body = user_body(
        externalId="x1", displayName="Bob", active=True, title="Pilot", name={"givenName": "Bob", "familyName": "B"},
        emails=[{"value": "bob@example.com", "type": "work", "primary": True}],
    )  # fmt: skip

    _require_budget(9, lambda: tenant.client.post("/Users", body), 201)


def test_create_user_that_exists_costs_four(tenant: Tenant) -> None:
    """A repeated POST is refused after the look: token and one query, no writes."""
    _require_budget(4, lambda: tenant.client.post("/Users", user_body("ada@example.com")), 409)


def _add(tenant: Tenant, scim_id: str) -> Response:
    operation = {"op": "add", "path": "members", "value": [{"value": scim_id}]}
    return tenant.client.patch(tenant.group_path, [operation])


def _remove(tenant: Tenant, scim_id: str) -> Response:
    return tenant.client.patch(
        tenant.group_path, [{"op": "remove", "path": f'members[value eq "{scim_id}"]'}]
    )


def _remove_by_value(tenant: Tenant, scim_id: str) -> Response:
    operation = {"op": "remove", "path": "members", "value": [{"value": scim_id}]}
    return tenant.client.patch(tenant.group_path, [operation])


@pytest.mark.parametrize("size", [1_000, 10_000])
def test_member_change_costs_eight_in_a_large_group_and_is_204(tenant: Tenant, size: int) -> None:
    """Adding and removing one member costs the same in a group of a thousand and of ten thousand, and answers 204.

    Proves C39.
    """
    people = _people(tenant, size + 1)
    _members(tenant, people[:-1])
    newcomer = people[-1]

    added = _require_budget(8, lambda: _add(tenant, newcomer), 204)
    again = _require_budget(8, lambda: _add(tenant, newcomer), 204)
    removed = _require_budget(8, lambda: _remove(tenant, newcomer), 204)
    by_value = _require_budget(8, lambda: _remove_by_value(tenant, people[0]), 204)

    assert again <= added
    assert removed == by_value
    rows = membership_table().rows.filter(**{membership_table().group: GroupLink.objects.get().group_id})
    assert rows.count() == size  # The person that the tenant began with is a member as well.


def test_member_change_costs_eight_in_a_small_group_and_is_200(tenant: Tenant) -> None:
    """A small group is answered with the resource, members included, within the same budget."""
    people = _people(tenant, 100)
    _members(tenant, people[:98])

    _require_budget(8, lambda: _add(tenant, people[98]), 200)
    response = _remove(tenant, people[98])
    _add(tenant, people[98])

    assert len(response.json()["members"]) == 99
    assert _add(tenant, people[99]).status_code == 204


def test_member_change_of_many_costs_the_same_as_of_one(tenant: Tenant) -> None:
    """A PATCH that adds four hundred members at once is set SQL: no query per member."""
    people = _people(tenant, 400)
    operation = {"op": "add", "path": "members", "value": [{"value": one} for one in people]}

    _require_budget(8, lambda: tenant.client.patch(tenant.group_path, [operation]), 204)


def test_discovery_costs_one(tenant: Tenant) -> None:
    """Discovery is memory: only the token is looked up."""
    for path in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/ResourceTypes/User"):
        _require_budget(1, lambda path=path: tenant.client.get(path))  # type: ignore[misc]


def test_bad_requests_cost_one(tenant: Tenant) -> None:
    """What is wrong in itself is refused before anything is looked up."""
    _require_budget(1, lambda: tenant.client.get("/Users", {"filter": "shoeSize pr"}), 400)
    _require_budget(1, lambda: tenant.client.post("/Users", "{"), 400)
    _require_budget(1, lambda: tenant.client.patch(tenant.user_path, [{"op": "remove"}]), 400)


def test_first_use_in_a_minute_costs_one_more() -> None:
    """The time of last use is one write a minute, whatever the number of requests."""
    fresh = make_tenant()
    fresh.connection.tokens.update(last_used_at=None)

    first = len(_queries(lambda: fresh.client.get(fresh.user_path), 200))
    second = len(_queries(lambda: fresh.client.get(fresh.user_path), 200))

    assert first == second + 1
