"""Groups and their members (RFC 7643 §4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.models import Event
from tests.conformance.answers import GROUP, group_body, listed, member_ids, patched, read, refusal, user_body
from tests.scim_client import ScimClient


def _add(*members: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": member} for member in members]}


@pytest.fixture
def ada(scim: ScimClient) -> str:
    """Make a person and give the id."""
    return str(scim.create_user("ada")["id"])


@pytest.fixture
def bruno(scim: ScimClient) -> str:
    """Make another person and give the id."""
    return str(scim.create_user("bruno")["id"])


@pytest.mark.compliance("RFC 7643", "4.2", "B155 group members: add, add again, remove by filter, remove all")
def test_members_are_added_and_removed(scim: ScimClient, ada: str, bruno: str) -> None:
    """A person is a member once, leaves alone or with all others."""
    choir = f"/Groups/{scim.create_group('Choir')['id']}"

    added = patched(scim, choir, _add(ada), _add(bruno))
    again = patched(scim, choir, _add(ada))
    without = patched(scim, choir, {"op": "remove", "path": f'members[value eq "{ada}"]'})
    empty = patched(scim, choir, _add(ada), {"op": "remove", "path": "members"})

    assert [member_ids(group) for group in (added, again, without, empty)] == [
        {ada, bruno},
        {ada, bruno},
        {bruno},
        set(),
    ]
    assert again == added


@pytest.mark.compliance("RFC 7643", "4.2", "B156 a group without displayName is 400")
@pytest.mark.parametrize(
    "body", [{"schemas": [GROUP]}, group_body(""), {"schemas": [GROUP], "displayName": None}]
)
def test_group_without_a_name_is_refused(scim: ScimClient, body: dict[str, Any]) -> None:
    """DisplayName is required."""
    response = scim.post("/Groups", body)

    assert refusal(response) == (400, "invalidValue")
    assert listed(scim.get("/Groups"))["totalResults"] == 0


@pytest.mark.compliance("RFC 7643", "4.2", "B157 members carry value, type and $ref")
def test_members_say_what_and_where_they_are(scim: ScimClient, ada: str) -> None:
    """A member's $ref is where the member is read."""
    choir = scim.create_group("Choir", ada)

    [member] = choir["members"]

    assert (member["value"], member["type"]) == (ada, "User")
    assert member["$ref"] == read(scim, f"/Users/{ada}")["meta"]["location"]


@pytest.mark.compliance(
    "RFC 7643", "4.1.2", "B158 membership shows in the user's groups with value, $ref and display"
)
def test_membership_shows_in_the_user(scim: ScimClient, ada: str) -> None:
    """Groups follows what the group says, in reads and in lists."""
    choir = scim.create_group("Choir", ada)

    shown = read(scim, f"/Users/{ada}")["groups"]
    patched(scim, f"/Groups/{choir['id']}", {"op": "remove", "path": "members"})

    assert shown == [
        {"value": choir["id"], "$ref": choir["meta"]["location"], "display": "Choir", "type": "direct"}
    ]
    assert "groups" not in read(scim, f"/Users/{ada}")
    assert "groups" not in listed(scim.get("/Users"))["Resources"][0]


@pytest.mark.compliance("RFC 7643", "4.2", "B159 the same member twice in one POST is one member")
def test_member_named_twice_is_one_member(scim: ScimClient, ada: str) -> None:
    """A repetition adds nothing and is no error."""
    created = scim.create_group("Choir", ada, ada)

    assert [member["value"] for member in created["members"]] == [ada]


@pytest.mark.compliance("RFC 7643", "4.2", "B160 a group can be a member of a group")
def test_group_can_be_a_member(scim: ScimClient, ada: str) -> None:
    """A nested group is a member of type Group, and can leave again."""
    tenors = scim.create_group("Tenors", ada)
    choir = scim.create_group("Choir", tenors["id"])

    [member] = choir["members"]
    after = patched(
        scim, f"/Groups/{choir['id']}", {"op": "remove", "path": f'members[value eq "{tenors["id"]}"]'}
    )

    assert (member["value"], member["type"]) == (tenors["id"], "Group")
    assert member["$ref"] == tenors["meta"]["location"]
    assert member_ids(after) == set()


@pytest.mark.compliance("RFC 7643", "4.2", "B161 a member that does not exist is left out and recorded")
@pytest.mark.parametrize("unknown", ["7f1c8a52-6f0f-4d7a-9b65-0c2d9f7c3f10", "no id", "other connection"])
def test_member_that_does_not_exist_is_left_out(
    scim: ScimClient, strict: ScimClient, ada: str, unknown: str
) -> None:
    """The others are added; the event names what was left out, be it an id of another connection."""
    foreign = strict.create_user("eve")["id"]
    member = foreign if unknown == "other connection" else unknown
    choir = scim.create_group("Choir")

    after = patched(scim, f"/Groups/{choir['id']}", _add(ada, member))

    newest = Event.objects.order_by("-id").first()
    assert member_ids(after) == {ada}
    assert newest is not None
    assert member in str(newest.effects)


@pytest.mark.compliance("RFC 7644", "3.6", "B162 a deleted user leaves its groups")
def test_deleted_user_leaves_its_groups(scim: ScimClient, ada: str, bruno: str) -> None:
    """Nobody who is gone is a member, and a person who comes back is not one by that."""
    choir = scim.create_group("Choir", ada, bruno)

    scim.delete(f"/Users/{ada}")
    without = read(scim, f"/Groups/{choir['id']}")
    scim.post("/Users", user_body("ada"))

    assert member_ids(without) == {bruno}
    assert member_ids(read(scim, f"/Groups/{choir['id']}")) == {bruno}


def _called(display: str | None, *members: str) -> list[dict[str, Any]]:
    return [{"value": member, **({"display": display} if display else {})} for member in members]


def _displays(group: dict[str, Any]) -> dict[str, str]:
    return {member["value"]: member["display"] for member in group["members"]}


@pytest.mark.compliance("RFC 7643", "2.4", "display of a member is kept and given back")
def test_display_of_a_member_is_given_back(scim: ScimClient, ada: str, bruno: str) -> None:
    """A member is called what the IdP calls them in this group, or else by userName."""
    path = f"/Groups/{scim.create_group('Choir')['id']}"
    other = scim.create_group("Band", ada)

    value = [*_called("Ada Lindgren", ada), *_called(None, bruno)]
    added = patched(scim, path, {"op": "add", "path": "members", "value": value})
    again = patched(scim, path, {"op": "add", "path": "members", "value": _called("Other", ada)})
    replaced = patched(scim, path, {"op": "replace", "path": "members", "value": _called("A. Berg", ada)})
    put = scim.put(path, group_body("Choir") | {"members": _called(None, ada, bruno)}).json()
    unchanged = scim.put(
        path, group_body("Choir") | {"members": _called("ada", ada) + _called(None, bruno)}
    ).json()

    assert _displays(added) == {ada: "Ada Lindgren", bruno: "bruno"}
    assert again == added
    assert _displays(replaced) == {ada: "A. Berg"}
    assert replaced["meta"]["version"] != again["meta"]["version"]
    assert _displays(put) == {ada: "ada", bruno: "bruno"}
    assert unchanged == put
    assert _displays(other) == {ada: "ada"}
    assert listed(scim.get("/Groups", {"filter": 'displayName eq "Choir"'}))["Resources"] == [put]
