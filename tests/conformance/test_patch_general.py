"""PATCH whatever its operations (RFC 7644 §3.5.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import PATCH_OP, case, member_ids, patched, read, refusal
from tests.scim_client import ScimClient


@pytest.fixture
def ada(scim: ScimClient) -> dict[str, Any]:
    """Make a person with a title and two e-mails."""
    return scim.create_user(
        "ada",
        title="Engineer",
        emails=[
            {"value": "ada@example.com", "type": "work", "primary": True},
            {"value": "ada@example.org", "type": "home"},
        ],
    )


@pytest.mark.compliance("RFC 7644", "3.5.2", "B112 PATCH answers 200 with the resource or 204 without a body")
def test_patch_answers_with_the_resource(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A PATCH of a user is answered with the user as it is now."""
    response = scim.patch(f"/Users/{ada['id']}", [{"op": "replace", "path": "title", "value": "Boss"}])

    assert response.status_code == 200
    assert response.json() == read(scim, f"/Users/{ada['id']}")
    assert response.json()["title"] == "Boss"


@pytest.mark.compliance("RFC 7644", "3.5.2", "B112 PATCH answers 200 with the resource or 204 without a body")
def test_patch_of_a_large_group_answers_without_a_body(
    scim: ScimClient, ada: dict[str, Any], settings: Any
) -> None:
    """A PATCH of a group beyond the limit is answered 204, so that its cost does not grow with the group."""
    settings.DJANGO_PROVISIONING = {"MAX_GROUP_MEMBERS_RETURNED": 1}
    bruno = scim.create_user("bruno")["id"]
    path = f"/Groups/{scim.create_group('Choir')['id']}"

    small = scim.patch(path, [{"op": "add", "path": "members", "value": [{"value": ada["id"]}]}])
    large = scim.patch(path, [{"op": "add", "path": "members", "value": [{"value": bruno}]}])

    assert (small.status_code, member_ids(small.json())) == (200, {ada["id"]})
    assert (large.status_code, large.content) == (204, b"")
    assert member_ids(read(scim, path)) == {ada["id"], bruno}


@pytest.mark.compliance("RFC 7644", "3.5.2", "B113 a PATCH without the PatchOp schema is read as one")
def test_patch_without_schemas_is_taken(scim: ScimClient, strict: ScimClient, ada: dict[str, Any]) -> None:
    """Schemas may be left out, unless the connection is strict."""
    body = {"Operations": [{"op": "replace", "path": "title", "value": "Boss"}]}
    other = strict.create_user("ada")

    assert scim.patch(f"/Users/{ada['id']}", body).json()["title"] == "Boss"
    assert refusal(strict.patch(f"/Users/{other['id']}", body)) == (400, "invalidSyntax")


@pytest.mark.compliance("RFC 7644", "3.5.2", "B113 a body that names another message is 400")
def test_patch_with_the_schema_of_another_message_is_refused(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A body that says it is no PatchOp is none."""
    body = {
        "schemas": [PATCH_OP.replace("PatchOp", "BulkRequest")],
        "Operations": [{"op": "remove", "path": "title"}],
    }

    assert refusal(scim.patch(f"/Users/{ada['id']}", body)) == (400, "invalidSyntax")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        case("3.5.2", "B114 an unknown op is 400 invalidSyntax", [{"op": "move", "path": "title", "value": "x"}],
             (400, "invalidSyntax")),
        case("3.5.2", "B114 an unknown op is 400 invalidSyntax", [{"path": "title", "value": "x"}],
             (400, "invalidSyntax")),
        case("3.5.2", "B115 a PATCH without Operations is 400", {"schemas": [PATCH_OP]}, (400, "invalidSyntax")),
        case("3.5.2", "B115 a PATCH without Operations is 400", [], (400, "invalidSyntax")),
        case("3.5.2", "B123 a wrong type is 400 invalidValue", [{"op": "replace", "path": "active", "value": "x"}],
             (400, "invalidValue")),
        case("3.5.2", "B123 a wrong type is 400 invalidValue", [{"op": "add", "path": "name", "value": "Ada"}],
             (400, "invalidValue")),
        case("3.5.2", "B123 a wrong type is 400 invalidValue", [{"op": "add", "value": {"title": ["x"]}}],
             (400, "invalidValue")),
        case("3.5.2", "B124 a path that is no path", [{"op": "replace", "path": "name..givenName", "value": "x"}],
             (400, "invalidPath")),
        case("3.5.2", "B124 a path that is no path", [{"op": "replace", "path": "]title", "value": "x"}],
             (400, "invalidPath")),
        case("3.5.2", "B124 a path that is no path", [{"op": "replace", "path": "title.", "value": "x"}],
             (400, "invalidPath")),
        case("3.5.2", "B124 a path that is no path", [{"op": "replace", "path": 7, "value": "x"}],
             (400, "invalidPath")),
        case("3.5.2", "B124 a path that is no path", [{"op": "replace", "path": "", "value": "x"}],
             (400, "invalidPath")),
        case("3.5.2", "B125 a path to an unknown attribute", [{"op": "add", "path": "shoeSize", "value": 43}],
             (400, "invalidPath")),
        case("3.5.2", "B125 a path to an unknown attribute", [{"op": "remove", "path": "name.shoeSize"}],
             (400, "invalidPath")),
        case("3.5.2", "B126 a readOnly attribute is 400 mutability", [{"op": "replace", "path": "id", "value": "x"}],
             (400, "mutability")),
        case("3.5.2", "B126 a readOnly attribute is 400 mutability",
             [{"op": "replace", "path": "meta.created", "value": "1999-01-01T00:00:00Z"}], (400, "mutability")),
        case("3.5.2.2", "B127 what is readOnly or required stays", [{"op": "remove", "path": "userName"}],
             (400, "mutability")),
        case("3.5.2.2", "B127 what is readOnly or required stays", [{"op": "remove", "path": "id"}],
             (400, "mutability")),
        case("3.5.2.2", "B127 what is readOnly or required stays", [{"op": "remove", "path": "meta"}],
             (400, "mutability")),
        case("3.5.2.2", "B127 what is readOnly or required stays", [{"op": "remove", "path": "schemas"}],
             (400, "mutability")),
        case("4.1.2", "B128 User.groups cannot be changed through the user",
             [{"op": "add", "path": "groups", "value": [{"value": "x"}]}], (400, "mutability"), standard="RFC 7643"),
        case("4.1.2", "B128 User.groups cannot be changed through the user",
             [{"op": "remove", "path": 'groups[value eq "x"]'}], (400, "mutability"), standard="RFC 7643"),
    ],
)  # fmt: skip
def test_patch_that_may_not_be_is_refused(
    scim: ScimClient, ada: dict[str, Any], body: Any, expected: tuple[int, str]
) -> None:
    """The request is refused with its keyword and nothing changes."""
    response = scim.patch(f"/Users/{ada['id']}", body)

    assert refusal(response) == expected
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.compliance("RFC 7644", "3.5.2", "B116 the sequence is atomic: one bad operation undoes all")
@pytest.mark.parametrize(
    "bad",
    [
        {"op": "replace", "path": "userName", "value": "bruno"},
        {"op": "replace", "path": 'emails[type sw "fax"].value', "value": "x"},
        {"op": "remove"},
    ],
)
def test_patch_with_one_bad_operation_changes_nothing(
    scim: ScimClient, ada: dict[str, Any], bad: dict[str, Any]
) -> None:
    """Whether the last operation fails on its form, its target or the database, the first is undone."""
    scim.create_user("bruno")
    good = {"op": "replace", "path": "title", "value": "Boss"}

    response = scim.patch(f"/Users/{ada['id']}", [good, bad])

    assert refusal(response)[0] in (400, 409)
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.compliance("RFC 7644", "3.5.2", "B116 the sequence is atomic: one bad operation undoes all")
def test_patch_of_a_group_with_one_bad_operation_keeps_its_members(
    scim: ScimClient, ada: dict[str, Any]
) -> None:
    """Members that an earlier operation added are taken away again."""
    scim.create_group("Band")
    choir = scim.create_group("Choir")
    operations = [
        {"op": "add", "path": "members", "value": [{"value": ada["id"]}]},
        {"op": "replace", "path": "displayName", "value": "Band"},
    ]

    response = scim.patch(f"/Groups/{choir['id']}", operations)

    assert refusal(response) == (409, "uniqueness")
    assert read(scim, f"/Groups/{choir['id']}") == choir


@pytest.mark.compliance("RFC 7644", "3.5.2", "B117 operations run in order on the result of the one before")
def test_patch_operations_run_in_order(scim: ScimClient, ada: dict[str, Any]) -> None:
    """An operation can use what the one before made."""
    after = patched(
        scim,
        f"/Users/{ada['id']}",
        {"op": "remove", "path": "emails"},
        {"op": "add", "path": "emails", "value": [{"value": "new@example.com", "type": "other"}]},
        {"op": "replace", "path": 'emails[type eq "other"].display', "value": "New"},
        {"op": "replace", "path": "title", "value": "First"},
        {"op": "replace", "path": "title", "value": "Second"},
    )

    assert after["emails"] == [{"value": "new@example.com", "type": "other", "display": "New"}]
    assert after["title"] == "Second"


@pytest.mark.compliance("RFC 7643", "2.1", "B118 op and attribute names in a PATCH ignore case")
def test_patch_names_ignore_case(scim: ScimClient, ada: dict[str, Any]) -> None:
    """op, path and keys are read in any case."""
    after = patched(
        scim,
        f"/Users/{ada['id']}",
        {"op": "Replace", "path": "TITLE", "value": "Boss"},
        {"op": "ADD", "value": {"NICKNAME": "A", "Name": {"GivenNAME": "Ada"}}},
        {"op": "rePlace", "path": 'EMAILS[TYPE eq "home"].VALUE', "value": "new@example.org"},
    )

    assert (after["title"], after["nickName"], after["name"]["givenName"]) == ("Boss", "A", "Ada")
    assert after["emails"][1]["value"] == "new@example.org"


@pytest.mark.compliance("RFC 7644", "3.5.2", "B119 making a value primary takes it from the old one")
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True},
        {"op": "add", "path": 'emails[type eq "home"].primary', "value": True},
        {"op": "add", "path": "emails", "value": [{"value": "new@example.com", "primary": True}]},
    ],
)
def test_patch_that_makes_a_value_primary_demotes_the_old_one(
    scim: ScimClient, ada: dict[str, Any], operation: dict[str, Any]
) -> None:
    """One value is primary, and it is the new one."""
    after = patched(scim, f"/Users/{ada['id']}", operation)

    primary = [email["value"] for email in after["emails"] if email.get("primary")]
    assert len(primary) == 1
    assert primary != ["ada@example.com"]


@pytest.mark.compliance("RFC 7644", "3.5.2", "B120 an unknown id is 404")
@pytest.mark.parametrize(("endpoint", "path"), [("/Users", "title"), ("/Groups", "displayName")])
def test_patch_of_an_unknown_id_is_not_found(scim: ScimClient, endpoint: str, path: str) -> None:
    """There is nothing to patch."""
    response = scim.patch(f"{endpoint}/nobody", [{"op": "replace", "path": path, "value": "x"}])

    assert refusal(response) == (404, None)


@pytest.mark.compliance("RFC 7644", "3.5.2", "B121 lastModified moves with a change")
def test_patch_moves_last_modified(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A change is dated; created stays."""
    after = patched(scim, f"/Users/{ada['id']}", {"op": "replace", "path": "title", "value": "Boss"})

    assert after["meta"]["lastModified"] > ada["meta"]["lastModified"]
    assert after["meta"]["created"] == ada["meta"]["created"]


@pytest.mark.compliance("RFC 7644", "3.5.2", "B122 a taken userName by PATCH is 409 uniqueness")
@pytest.mark.parametrize("taken", ["bruno", "BRUNO"])
def test_patch_onto_a_taken_user_name_is_a_conflict(
    scim: ScimClient, ada: dict[str, Any], taken: str
) -> None:
    """A rename to somebody else's name is refused and changes nothing."""
    scim.create_user("bruno")

    response = scim.patch(f"/Users/{ada['id']}", [{"op": "replace", "value": {"userName": taken}}])

    assert refusal(response) == (409, "uniqueness")
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.compliance("RFC 7643", "4.1.2", "B128 User.groups cannot be changed through the user")
def test_patch_without_path_does_not_change_groups(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Groups in a value without path join nothing."""
    choir = scim.create_group("Choir")

    scim.patch(f"/Users/{ada['id']}", [{"op": "add", "value": {"groups": [{"value": choir["id"]}]}}])

    assert "members" not in read(scim, f"/Groups/{choir['id']}")
