"""Many clients at the same moment: nothing lost, nothing double, never a server error (SCIM.md, Concurrency).

Real threads with database connections of their own, on PostgreSQL and MariaDB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database

from django_provisioning.models import Account, Event, GroupLink, Identity
from tests.scim.answers import require_error
from tests.scim.at_once import at_once
from tests.scim.scenes import Tenant, make_tenant, user_body

if TYPE_CHECKING:
    from tests.scim_client import Response


pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        database.vendor == "sqlite",
        reason="SQLite has one writer at a time, and its test database lives in one connection",
    ),
]

_CROWD = 32


@pytest.fixture
def tenant() -> Tenant:
    """Give a tenant with one person and one group."""
    return make_tenant()


def _race(calls: Sequence[Callable[[], Response]]) -> Counter[int]:
    """Run the calls at once and count the statuses; a server error fails whatever the test says."""
    answers = at_once(calls)
    broken = [answer.content for answer in answers if answer.status_code >= 500]
    assert broken == []
    for answer in answers:
        if answer.status_code >= 400:
            scim_type = "uniqueness" if answer.status_code == 409 else None
            require_error(answer, answer.status_code, scim_type)
    return Counter(answer.status_code for answer in answers)


def _member(op: str, scim_id: str) -> list[dict[str, Any]]:
    if op == "add":
        return [{"op": "add", "path": "members", "value": [{"value": scim_id}]}]
    return [{"op": "remove", "path": f'members[value eq "{scim_id}"]'}]


def _member_ids(tenant: Tenant) -> set[str]:
    found = tenant.client.get(tenant.group_path).json().get("members", [])
    assert len(found) == len({one["value"] for one in found})
    return {one["value"] for one in found}


def _people(tenant: Tenant, number: int) -> list[str]:
    return [tenant.client.create_user(f"person{index}@example.com")["id"] for index in range(number)]


@pytest.mark.parametrize(
    "attributes", [{}, {"externalId": "x1"}], ids=["userName", "userName and externalId"]
)
def test_create_of_one_name_by_many_makes_one_user(tenant: Tenant, attributes: dict[str, str]) -> None:
    """Of thirty-two equal POSTs one makes the user and thirty-one are told 409; nothing is left of the losers."""
    users = get_user_model().objects.count()
    call = partial(tenant.client.post, "/Users", user_body("bob@example.com", **attributes))

    statuses = _race([call] * _CROWD)

    assert statuses == {201: 1, 409: _CROWD - 1}
    assert get_user_model().objects.count() == users + 1
    assert Identity.objects.filter(user_name_key="bob@example.com").count() == 1
    assert Account.objects.count() == users + 1
    assert Event.objects.filter(type="account.created", subject_label="bob@example.com").count() == 1


def test_create_of_one_external_id_under_many_names_makes_one_user(tenant: Tenant) -> None:
    """ExternalId is unique as userName is, also when nothing else is the same."""
    calls = [
        partial(tenant.client.post, "/Users", user_body(f"bob{number}@example.com", externalId="x1"))
        for number in range(16)
    ]

    statuses = _race(calls)

    assert statuses == {201: 1, 409: 15}
    assert Identity.objects.filter(external_id="x1").count() == 1


def test_create_of_names_that_differ_in_case_makes_one_user(tenant: Tenant) -> None:
    """The spelling makes no other person."""
    names = [("bob" if number % 2 else "BOB") + "@example.com" for number in range(16)]

    statuses = _race([partial(tenant.client.post, "/Users", user_body(name)) for name in names])

    assert statuses == {201: 1, 409: 15}


def test_create_of_different_people_at_once_all_succeed(tenant: Tenant) -> None:
    """Twenty-four creates do not stand in each other's way."""
    names = [f"new{number}@example.com" for number in range(24)]

    statuses = _race(
        [partial(tenant.client.post, "/Users", user_body(name, externalId=name)) for name in names]
    )

    assert statuses == {201: 24}
    assert set(
        Identity.objects.filter(user_name__startswith="new").values_list("user_name", flat=True)
    ) == set(names)


def test_create_of_one_name_in_two_tenants_makes_two_users(tenant: Tenant) -> None:
    """Tenants do not meet: each gets its person, and no 409 tells of the other."""
    other = make_tenant(name="eve@example.org", group="Others")
    calls = [partial(one.client.post, "/Users", user_body("bob@example.com")) for one in (tenant, other)]

    statuses = _race(calls)

    assert statuses == {201: 2}
    assert Identity.objects.filter(user_name="bob@example.com").values("user").distinct().count() == 2


def test_create_of_one_group_by_many_makes_one_group(tenant: Tenant) -> None:
    """A group's name is unique in its connection, also in a race."""
    statuses = _race([partial(tenant.client.post, "/Groups", {"displayName": "Pilots"})] * 16)

    assert statuses == {201: 1, 409: 15}
    assert GroupLink.objects.filter(display_name="Pilots").count() == 1


def test_return_of_one_person_by_many_revives_once(tenant: Tenant) -> None:
    """Of eight re-POSTs of somebody who was deleted one revives the account."""
    tenant.client.delete(tenant.user_path)
    users = get_user_model().objects.count()

    statuses = _race([partial(tenant.client.post, "/Users", user_body("ada@example.com"))] * 8)

    assert statuses == {201: 1, 409: 7}
    assert get_user_model().objects.count() == users
    assert Identity.objects.filter(live=True, user_name="ada@example.com").count() == 1


def test_members_added_and_removed_by_many_are_all_kept(tenant: Tenant) -> None:
    """Sixteen adds and sixteen removes of different people: each of them holds."""
    people = _people(tenant, _CROWD)
    leaving, coming = people[:16], people[16:]
    members = [{"value": one} for one in leaving]
    tenant.client.patch(tenant.group_path, [{"op": "add", "path": "members", "value": members}])
    before = Event.objects.filter(type="group.members_changed").count()
    calls = [partial(tenant.client.patch, tenant.group_path, _member("remove", one)) for one in leaving]
    calls += [partial(tenant.client.patch, tenant.group_path, _member("add", one)) for one in coming]

    statuses = _race(calls)

    assert statuses == {200: _CROWD}
    assert _member_ids(tenant) == {tenant.user["id"], *coming}
    assert Event.objects.filter(type="group.members_changed").count() == before + _CROWD
    assert GroupLink.objects.get().revision >= _CROWD + 1


def test_member_added_by_many_is_one_member(tenant: Tenant) -> None:
    """The same person added eight times is one member, and one event says so."""
    person = _people(tenant, 1)[0]
    before = Event.objects.filter(type="group.members_changed").count()

    statuses = _race([partial(tenant.client.patch, tenant.group_path, _member("add", person))] * 8)

    assert statuses == {200: 8}
    assert _member_ids(tenant) == {tenant.user["id"], person}
    assert Event.objects.filter(type="group.members_changed").count() == before + 1


def test_rename_of_four_to_one_name_lets_one_through(tenant: Tenant) -> None:
    """Four people want one userName: one gets it, three are told 409 and keep theirs."""
    people = _people(tenant, 4)
    operation = [{"op": "replace", "path": "userName", "value": "star@example.com"}]

    statuses = _race([partial(tenant.client.patch, f"/Users/{one}", operation) for one in people])

    assert statuses == {200: 1, 409: 3}
    names = [tenant.client.get(f"/Users/{one}").json()["userName"] for one in people]
    assert names.count("star@example.com") == 1
    assert len(set(names)) == 4


def test_rename_of_four_groups_to_one_name_lets_one_through(tenant: Tenant) -> None:
    """Groups as people: one name, one group."""
    groups = [tenant.client.create_group(f"Group {number}")["id"] for number in range(4)]
    operation = [{"op": "replace", "path": "displayName", "value": "Stars"}]

    statuses = _race([partial(tenant.client.patch, f"/Groups/{one}", operation) for one in groups])

    assert statuses == {200: 1, 409: 3}
    assert GroupLink.objects.filter(display_name="Stars").count() == 1


def test_put_of_four_with_one_version_lets_one_through(tenant: Tenant) -> None:
    """If-Match holds under the lock: the first PUT wins, the others learn that the resource has changed."""
    version = tenant.client.get(tenant.user_path).json()["meta"]["version"]
    bodies = [user_body("ada@example.com", title=f"Title {number}") for number in range(4)]

    statuses = _race(
        [partial(tenant.client.put, tenant.user_path, body, If_Match=version) for body in bodies]
    )

    assert statuses == {200: 1, 412: 3}
    assert Identity.objects.get(scim_id=tenant.user["id"]).revision == 2


def test_delete_by_four_is_done_once(tenant: Tenant) -> None:
    """One DELETE ends the access, the others find nobody."""
    statuses = _race([partial(tenant.client.delete, tenant.user_path)] * 4)

    assert statuses == {204: 1, 404: 3}
    assert Event.objects.filter(type="account.deleted").count() == 1


def test_delete_of_a_group_by_four_is_done_once(tenant: Tenant) -> None:
    """The same for groups."""
    statuses = _race([partial(tenant.client.delete, tenant.group_path)] * 4)

    assert statuses == {204: 1, 404: 3}
    assert Event.objects.filter(type="group.deleted").count() == 1


@pytest.mark.parametrize("round_", range(3))
def test_patch_of_different_attributes_loses_no_update(tenant: Tenant, round_: int) -> None:
    """Twelve PATCHes of twelve attributes at once: all twelve values are there afterwards."""
    names = ["title", "nickName", "userType", "locale", "timezone", "displayName", "preferredLanguage", "profileUrl",
             "name.givenName", "name.familyName", "name.middleName", "externalId"]  # fmt: skip
    calls = [
        partial(
            tenant.client.patch,
            tenant.user_path,
            [{"op": "replace", "path": name, "value": f"{name}{round_}"}],
        )
        for name in names
    ]

    statuses = _race(calls)

    person = tenant.client.get(tenant.user_path).json()
    found = {**person, **{f"name.{name}": value for name, value in person["name"].items()}}
    assert statuses == {200: 12}
    assert {name: found.get(name) for name in names} == {name: f"{name}{round_}" for name in names}


@pytest.mark.parametrize("round_", range(5))
def test_deactivation_is_not_undone_by_a_patch_at_the_same_moment(tenant: Tenant, round_: int) -> None:
    """A write of another attribute never brings somebody back who has just left."""
    leave = partial(
        tenant.client.patch, tenant.user_path, [{"op": "replace", "path": "active", "value": False}]
    )
    rename = [
        partial(
            tenant.client.patch,
            tenant.user_path,
            [{"op": "replace", "path": "name.givenName", "value": f"A{one}"}],
        )
        for one in range(7)
    ]

    statuses = _race([*rename[:round_], leave, *rename[round_:]])

    identity = Identity.objects.select_related("user").get(scim_id=tenant.user["id"])
    assert statuses == {200: 8}
    assert (identity.active, identity.user.is_active) == (False, False)
    assert tenant.client.get(tenant.user_path).json()["active"] is False
    assert tenant.client.get(tenant.group_path).json().get("members", []) == []


def test_leave_and_member_changes_at_the_same_moment_do_not_lock_up(tenant: Tenant) -> None:
    """People leave while their groups change: locks taken in different orders are no deadlock for the client."""
    people = _people(tenant, 8)
    calls: list[Callable[[], Response]] = []
    for one in people:
        calls.append(partial(tenant.client.patch, tenant.group_path, _member("add", one)))
        calls.append(partial(tenant.client.delete, f"/Users/{one}"))

    statuses = _race(calls)

    assert statuses == {200: 8, 204: 8}
    assert _member_ids(tenant) == {tenant.user["id"]}


def test_bulk_jobs_at_the_same_moment_do_not_mix(tenant: Tenant) -> None:
    """Four jobs that make the same four people in different orders: each person once, the rest 409 in place."""
    names = [f"job{number}@example.com" for number in range(4)]

    def job(order: list[str]) -> dict[str, Any]:
        return {
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": name, "data": user_body(name)}
                for name in order
            ]
        }

    answers = at_once(
        [partial(tenant.client.post, "/Bulk", job(names[turn:] + names[:turn])) for turn in range(4)]
    )

    statuses = Counter(result["status"] for answer in answers for result in answer.json()["Operations"])
    assert statuses == {"201": 4, "409": 12}
    assert Identity.objects.filter(user_name__startswith="job").count() == 4
