"""Replacing (RFC 7644 §3.5.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import (
    ENTERPRISE,
    USER,
    group_body,
    listed,
    member_ids,
    names,
    read,
    refusal,
    user_body,
)
from tests.scim_client import ScimClient


@pytest.fixture
def ada(scim: ScimClient) -> dict[str, Any]:
    """Make a person with something to clear."""
    return scim.create_user(
        "ada",
        title="Engineer",
        nickName="A",
        emails=[{"value": "ada@example.com", "type": "work"}],
        **{ENTERPRISE: {"department": "R&D"}},
    )


@pytest.mark.compliance(
    "RFC 7644", "3.5.1", "B103 PUT answers 200 with the resource; created stays, lastModified moves"
)
def test_put_answers_with_the_resource(scim: ScimClient, ada: dict[str, Any]) -> None:
    """The answer is the resource as it is now."""
    response = scim.put(f"/Users/{ada['id']}", user_body("ada", title="Boss"))

    replaced = response.json()
    assert response.status_code == 200
    assert replaced == read(scim, f"/Users/{ada['id']}")
    assert replaced["title"] == "Boss"
    assert replaced["meta"]["created"] == ada["meta"]["created"]
    assert replaced["meta"]["lastModified"] > ada["meta"]["lastModified"]


@pytest.mark.compliance("RFC 7644", "3.5.1", "B104 PUT clears readWrite attributes that it leaves out")
def test_put_clears_what_it_leaves_out(scim: ScimClient, ada: dict[str, Any]) -> None:
    """PUT replaces: what is not in it is gone, the extension and its URN included."""
    replaced = scim.put(f"/Users/{ada['id']}", user_body("ada", nickName="A")).json()

    assert replaced["nickName"] == "A"
    assert replaced.keys() & {"title", "emails", ENTERPRISE} == set()
    assert replaced["schemas"] == [USER]


@pytest.mark.compliance("RFC 7644", "3.5.1", "B105 PUT ignores readOnly attributes")
def test_put_ignores_read_only_attributes(scim: ScimClient, ada: dict[str, Any]) -> None:
    """id, meta and groups in the body change nothing and are no error."""
    choir = scim.create_group("Choir", ada["id"])
    meta = {**ada["meta"], "created": "1999-01-01T00:00:00Z"}

    response = scim.put(
        f"/Users/{ada['id']}", user_body("ada", id="other", meta=meta, groups=[{"value": "x"}])
    )

    replaced = response.json()
    assert response.status_code == 200
    assert replaced["id"] == ada["id"]
    assert replaced["meta"]["created"] == ada["meta"]["created"]
    assert [group["value"] for group in replaced["groups"]] == [choir["id"]]


@pytest.mark.compliance("RFC 7644", "3.5.1", "B106 PUT without a required attribute is 400")
def test_put_without_a_required_attribute_is_refused(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A user without userName and a group without displayName are none."""
    group = scim.create_group("Choir")

    assert refusal(scim.put(f"/Users/{ada['id']}", {"schemas": [USER]})) == (400, "invalidValue")
    assert refusal(scim.put(f"/Groups/{group['id']}", {"members": []})) == (400, "invalidValue")
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.compliance("RFC 7644", "3.5.1", "B107 PUT onto a taken userName is 409 uniqueness")
@pytest.mark.parametrize("taken", ["bruno", "BRUNO"])
def test_put_onto_a_taken_user_name_is_a_conflict(scim: ScimClient, ada: dict[str, Any], taken: str) -> None:
    """A rename to somebody else's name is refused and changes nothing."""
    scim.create_user("bruno")

    response = scim.put(f"/Users/{ada['id']}", user_body(taken))

    assert refusal(response) == (409, "uniqueness")
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.compliance("RFC 7644", "3.5.1", "B108 PUT of its own userName in another case is no conflict")
def test_put_of_its_own_user_name_in_another_case_is_taken(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A person does not stand in their own way."""
    replaced = scim.put(f"/Users/{ada['id']}", user_body("ADA"))

    assert replaced.status_code == 200
    assert names(scim) == ["ADA"]


@pytest.mark.compliance("RFC 7644", "3.5.1", "B109 PUT never creates")
@pytest.mark.parametrize(
    ("endpoint", "body"), [("/Users", user_body("ada")), ("/Groups", group_body("Choir"))]
)
def test_put_to_an_unknown_id_makes_nothing(scim: ScimClient, endpoint: str, body: dict[str, Any]) -> None:
    """An unknown id is 404, whatever the body."""
    response = scim.put(f"{endpoint}/7f1c8a52-6f0f-4d7a-9b65-0c2d9f7c3f10", body)

    assert refusal(response) == (404, None)
    assert listed(scim.get(endpoint))["totalResults"] == 0


@pytest.mark.compliance("RFC 7644", "3.5.1", "B110 PUT with null or [] clears the attribute")
def test_put_with_null_clears(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Null and [] are the same as leaving out."""
    body = user_body("ada", title=None, emails=[], nickName="A", **{ENTERPRISE: {"department": None}})

    replaced = scim.put(f"/Users/{ada['id']}", body).json()

    assert replaced.keys() & {"title", "emails", ENTERPRISE} == set()
    assert replaced["nickName"] == "A"


@pytest.mark.compliance("RFC 7644", "3.5.1", "B111 PUT of a group replaces its members")
def test_put_of_a_group_replaces_its_members(scim: ScimClient) -> None:
    """The members are those of the body: who is missing leaves, who is new joins."""
    ada, bruno, chiara = (scim.create_user(name)["id"] for name in ("ada", "bruno", "chiara"))
    group = scim.create_group("Choir", ada, bruno)

    replaced = scim.put(f"/Groups/{group['id']}", group_body("Band", bruno, chiara)).json()
    emptied = scim.put(f"/Groups/{group['id']}", group_body("Band")).json()

    assert (replaced["displayName"], member_ids(replaced)) == ("Band", {bruno, chiara})
    assert member_ids(emptied) == set()


@pytest.mark.compliance("RFC 7644", "3.5.1", "a PUT without active leaves access as it is")
@pytest.mark.parametrize("body", [user_body("ada"), user_body("ada", active=None)])
@pytest.mark.parametrize("active", [True, False])
def test_put_without_active_leaves_access_as_it_is(
    scim: ScimClient, active: bool, body: dict[str, Any]
) -> None:
    """Access does not come back because a client left something out."""
    user = scim.create_user("ada", active=active)

    replaced = scim.put(f"/Users/{user['id']}", body).json()

    assert replaced["active"] is active
