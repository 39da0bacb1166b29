"""PATCH remove (RFC 7644 §3.5.2.2)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tests.conformance.answers import ENTERPRISE, USER, case, patched, read, refusal
from tests.scim_client import ScimClient

WORK = {"value": "ada@example.com", "type": "work", "display": "Work"}
HOME = {"value": "ada@example.org", "type": "home", "display": "Home"}


@pytest.fixture
def ada(scim: ScimClient) -> dict[str, Any]:
    """Make a person with something to lose."""
    return scim.create_user(
        "ada",
        title="Engineer",
        name={"givenName": "Ada"},
        emails=[WORK, HOME],
        **{ENTERPRISE: {"department": "R&D"}},
    )


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B138 remove without path is 400 noTarget")
@pytest.mark.parametrize("operation", [{"op": "remove"}, {"op": "remove", "value": {"title": "Engineer"}}])
def test_remove_without_path_has_no_target(
    scim: ScimClient, ada: dict[str, Any], operation: dict[str, Any]
) -> None:
    """Nothing says what to remove."""
    response = scim.patch(f"/Users/{ada['id']}", [operation])

    assert refusal(response) == (400, "noTarget")
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        case("3.5.2.2", "B139 remove of a simple attribute unassigns it", "title", {"title": None}),
        case("3.5.2.2", "B140 remove of a multi-valued attribute removes all values", "emails", {"emails": None}),
        case("3.5.2.2", "B141 remove with a filter removes only the matching values", 'emails[type eq "home"]',
             {"emails": [WORK]}),
        case("3.5.2.2", "B141 remove with a filter that matches all removes the attribute", "emails[type pr]",
             {"emails": None}),
        case("3.5.2.2", "B142 remove of a sub-attribute by filter", 'emails[type eq "home"].display',
             {"emails": [WORK, {"value": "ada@example.org", "type": "home"}]}),
        case("3.5.2.2", "B143 remove of a complex attribute", "name", {"name": None}),
        case("3.5.2.2", "B143 remove of an extension attribute", f"{ENTERPRISE}:department",
             {ENTERPRISE: None, "schemas": [USER]}),
    ],
)  # fmt: skip
def test_remove_takes_what_the_path_names(
    scim: ScimClient, ada: dict[str, Any], path: str, expected: dict[str, Any]
) -> None:
    """What the path names is gone, everything else is as it was."""
    after = patched(scim, f"/Users/{ada['id']}", {"op": "remove", "path": path})

    wanted = {name: value for name, value in {**ada, **expected}.items() if value is not None}
    assert {**after, "meta": None} == {**wanted, "meta": None}


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.2", "B144 remove with a filter that matches nothing changes nothing"
)
@pytest.mark.parametrize(
    "path", ['emails[type eq "fax"]', 'emails[type eq "fax"].display', "nickName", "phoneNumbers"]
)
def test_remove_of_what_is_not_there_changes_nothing(
    scim: ScimClient, ada: dict[str, Any], path: str
) -> None:
    """The result is what was wanted already: a success, and the version stays."""
    assert patched(scim, f"/Users/{ada['id']}", {"op": "remove", "path": path}) == ada


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.2", "B145 removing a member that is none succeeds and changes nothing"
)
@pytest.mark.parametrize("member", ["outsider", "unknown"])
def test_remove_of_a_member_that_is_none_changes_nothing(
    scim: ScimClient, ada: dict[str, Any], member: str
) -> None:
    """A user who is no member, or an id that is nobody's, is not in the group afterwards either."""
    choir = scim.create_group("Choir", ada["id"])
    member_id = (
        scim.create_user("bruno")["id"] if member == "outsider" else "7f1c8a52-6f0f-4d7a-9b65-0c2d9f7c3f10"
    )

    after = patched(
        scim, f"/Groups/{choir['id']}", {"op": "remove", "path": f'members[value eq "{member_id}"]'}
    )

    assert after == choir


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B139 remove of a simple attribute unassigns it")
@pytest.mark.parametrize("active", [True, False])
def test_remove_of_active_leaves_access_as_it_is(scim: ScimClient, active: bool) -> None:
    """Without a value active says nothing: whoever was shut out stays so, also through later changes."""
    user = scim.create_user("ada", active=active)

    removed = patched(scim, f"/Users/{user['id']}", {"op": "remove", "path": "active"})
    later = patched(scim, f"/Users/{user['id']}", {"op": "add", "path": "title", "value": "Boss"})
    accounts = list(get_user_model()._default_manager.values_list("is_active", flat=True))
    again = patched(scim, f"/Users/{user['id']}", {"op": "add", "path": "active", "value": True})

    assert [found.get("active") for found in (removed, later, again)] == [None, None, True]
    assert removed["meta"]["version"] != user["meta"]["version"]
    assert accounts == [active]
