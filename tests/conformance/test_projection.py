"""attributes and excludedAttributes (RFC 7644 §3.9), and what is returned whatever they say (RFC 7643 §7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import (
    ENTERPRISE,
    PATCH_OP,
    SEARCH,
    USER,
    case,
    listed,
    read,
    refusal,
    user_body,
)
from tests.scim_client import ScimClient

PASSWORD = "t1ger!lily-9"


@pytest.fixture
def ada(scim: ScimClient) -> dict[str, Any]:
    """Make a person with something of everything."""
    return scim.create_user(
        "ada",
        title="Engineer",
        password=PASSWORD,
        name={"givenName": "Ada", "familyName": "Lindgren"},
        emails=[{"value": "ada@example.com", "type": "work"}],
        **{ENTERPRISE: {"department": "R&D", "division": "North"}},
    )


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        case("3.9", "B062 the named attributes, id and schemas", "title", {"title": "Engineer"}),
        case("3.9", "B063 sub-attributes", "name.givenName,emails.value",
             {"name": {"givenName": "Ada"}, "emails": [{"value": "ada@example.com"}]}),
        case("3.10", "B064 URNs, ignoring case", f"{USER.upper()}:TITLE", {"title": "Engineer"}),
        case("3.10", "B064 URNs, ignoring case", f"{ENTERPRISE}:department", {ENTERPRISE: {"department": "R&D"}}),
        case("3.10", "B065 a bare extension URN", ENTERPRISE,
             {ENTERPRISE: {"department": "R&D", "division": "North"}}),
        case("7", "B069 password is never returned", "password", {}, standard="RFC 7643"),
        case("7", "B069 password is never returned", "title,password", {"title": "Engineer"}, standard="RFC 7643"),
        case("3.9", "B070 an unknown name selects nothing", "shoeSize", {}),
        case("3.9", "B070 an unknown name selects nothing", "shoeSize,title", {"title": "Engineer"}),
    ],
)  # fmt: skip
def test_attributes_select_what_they_name(
    scim: ScimClient, ada: dict[str, Any], attributes: str, expected: dict[str, Any]
) -> None:
    """The answer holds id, schemas and the named attributes, and nothing else."""
    document = read(scim, f"/Users/{ada['id']}", attributes=attributes)

    assert document.pop("id") == ada["id"]
    assert USER in document.pop("schemas")
    assert document == expected


@pytest.mark.compliance("RFC 7644", "3.9", "B066 excludedAttributes drops the named ones")
def test_excluded_attributes_are_left_out(scim: ScimClient, ada: dict[str, Any]) -> None:
    """What is excluded is missing, everything else is there."""
    excluded = f"title,name.givenName,{ENTERPRISE}:division"

    document = read(scim, f"/Users/{ada['id']}", excludedAttributes=excluded)

    assert "title" not in document
    assert document["name"] == {"familyName": "Lindgren"}
    assert document[ENTERPRISE] == {"department": "R&D"}
    assert document["emails"] == ada["emails"]


@pytest.mark.compliance("RFC 7643", "7", "B067 excludedAttributes cannot drop a returned=always attribute")
def test_excluded_attributes_keep_id_and_schemas(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Id and schemas stay."""
    document = read(scim, f"/Users/{ada['id']}", excludedAttributes="id,schemas,title")

    assert document["id"] == ada["id"]
    assert document["schemas"] == ada["schemas"]


@pytest.mark.compliance("RFC 7644", "3.9", "B068 attributes and excludedAttributes exclude each other")
@pytest.mark.parametrize("method", ["GET", "POST", "list"])
def test_both_selections_at_once_are_refused(scim: ScimClient, ada: dict[str, Any], method: str) -> None:
    """A request that names both is 400, and a write with both writes nothing."""
    query = "?attributes=title&excludedAttributes=name"
    path = {"GET": f"/Users/{ada['id']}", "POST": "/Users", "list": "/Users"}[method]
    body = user_body("bruno") if method == "POST" else None

    response = scim.request("POST" if body else "GET", path + query, body)

    assert refusal(response)[0] == 400
    assert listed(scim.get("/Users"))["totalResults"] == 1


@pytest.mark.compliance("RFC 7643", "7", "B069 password is never returned, not even when asked for")
def test_password_is_in_no_answer(scim: ScimClient) -> None:
    """No answer to any request holds the password, by name or by value."""
    body = user_body("ada", password=PASSWORD)
    answers = [scim.post("/Users?attributes=password", body)]
    path = f"/Users/{answers[0].json()['id']}"
    answers += [
        scim.get(path),
        scim.put(f"{path}?attributes=password,userName", body),
        scim.patch(path, [{"op": "replace", "path": "password", "value": PASSWORD}]),
        scim.get("/Users", {"attributes": "password"}),
        scim.post("/Users/.search", {"schemas": [SEARCH], "attributes": ["password"]}),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200]
    assert [
        answer for answer in answers if b"password" in answer.content or PASSWORD.encode() in answer.content
    ] == []


@pytest.mark.compliance("RFC 7644", "3.9", "B071 attributes works on lists")
def test_attributes_select_in_lists(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Each resource of a list is cut to the selection."""
    found = listed(scim.get("/Users", {"attributes": "title"}))["Resources"]

    assert found == [{"schemas": ada["schemas"], "id": ada["id"], "title": "Engineer"}]


@pytest.mark.compliance("RFC 7644", "3.9", "B072 attributes works on the answers of POST and PUT")
def test_attributes_select_in_answers_to_writes(scim: ScimClient) -> None:
    """POST and PUT answer with the selection; Location is there all the same."""
    created = scim.post("/Users?attributes=title", user_body("ada", title="Engineer", nickName="A"))
    path = f"/Users/{created.json()['id']}"
    replaced = scim.put(f"{path}?excludedAttributes=nickName", user_body("ada", title="Boss", nickName="A"))

    assert created.json().keys() == {"schemas", "id", "title"}
    assert created["Location"].endswith(path)
    assert replaced.json()["title"] == "Boss"
    assert "nickName" not in replaced.json()


@pytest.mark.compliance("RFC 7644", "3.5.2", "B073 PATCH with attributes answers 200 and the selection")
def test_attributes_select_in_the_answer_to_a_patch(
    scim: ScimClient, ada: dict[str, Any], settings: Any
) -> None:
    """A PATCH that names attributes is answered 200 with them, also where it would be 204."""
    settings.DJANGO_PROVISIONING = {"MAX_GROUP_MEMBERS_RETURNED": 0}
    group = scim.create_group("Choir", ada["id"])
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "displayName", "value": "Band"}]}

    user = scim.patch(
        f"/Users/{ada['id']}?attributes=title", [{"op": "add", "path": "title", "value": "Boss"}]
    )
    renamed = scim.patch(f"/Groups/{group['id']}?attributes=displayName", body)

    assert (user.status_code, user.json().keys()) == (200, {"schemas", "id", "title"})
    assert (renamed.status_code, renamed.json().keys()) == (200, {"schemas", "id", "displayName"})
    assert renamed.json()["displayName"] == "Band"
