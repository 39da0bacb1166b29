"""Values that do not fit: wrong types for every attribute, texts that are too long, control characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_provisioning.mapping.resource_types import group_type, user_type
from django_provisioning.protocol.schema import Attribute, ResourceType
from tests.scim.answers import require_error
from tests.scim.scenes import group_body, make_tenant, patch_body, user_body
from tests.scim.tables import stored_rows

pytestmark = pytest.mark.django_db

_OBJECT = {"neither": "here", "nor": "there"}
# What no attribute of the type takes; null, [] and {} mean "unassigned", and a text may stand for a complex value.
_WRONG: dict[str, list[Any]] = {
    "string": [7, 7.5, True, ["a"], _OBJECT],
    "reference": [7, True, ["a"], _OBJECT],
    "binary": [7, True, ["a"], _OBJECT],
    "boolean": ["yes", "", 1, 0, ["a"], _OBJECT],
    "dateTime": ["yesterday", 7, "2026-02-30T00:00:00Z", ["a"]],
    "integer": ["7", 7.5, True, ["a"]],
    "decimal": ["7", True, ["a"]],
    "complex": [7, True, [7], [[["a"]]]],
}


def _writable(resource_type: ResourceType) -> Iterator[tuple[str, Attribute, Attribute | None]]:
    """Yield path, attribute and sub-attribute (None for the attribute itself) of all that a client may write."""
    core = [attribute for attribute in resource_type.core_attributes() if attribute.name != "schemas"]
    holders = [("", core)]
    holders += [(f"{one.schema.id}:", list(one.schema.attributes)) for one in resource_type.extensions]
    for start, attributes in holders:
        for attribute in attributes:
            if attribute.mutability == "readOnly":
                continue
            yield start + attribute.name, attribute, None
            for sub in attribute.sub_attributes:
                if sub.mutability != "readOnly":
                    yield f"{start}{attribute.name}.{sub.name}", attribute, sub


def _member(path: str, attribute: Attribute, sub: Attribute | None, value: Any) -> dict[str, Any]:
    """Give the member of a body that puts a value at a path."""
    inner = {sub.name: value} if sub else value
    value = [inner] if sub and attribute.multi_valued else inner
    urn, _, _ = path.rpartition(":")
    return {urn: {attribute.name: value}} if urn else {attribute.name: value}


def _cases(resource_type: ResourceType) -> list[Any]:
    return [pytest.param(path, attribute, sub, id=path) for path, attribute, sub in _writable(resource_type)]


@pytest.mark.parametrize(("path", "attribute", "sub"), _cases(user_type()))
@pytest.mark.compliance("RFC 7644", "3.12", "B087 a value of the wrong type is 400")
def test_user_attribute_of_the_wrong_type_is_invalid_value(
    path: str, attribute: Attribute, sub: Attribute | None
) -> None:
    """Each attribute and sub-attribute of a user refuses values of other types in POST, PUT and PATCH."""
    tenant = make_tenant()
    before = stored_rows()

    for value in _WRONG[(sub or attribute).type]:
        body = {**user_body(), **_member(path, attribute, sub, value)}
        require_error(tenant.client.post("/Users", body), 400, "invalidValue")
        require_error(tenant.client.put(tenant.user_path, body), 400, "invalidValue")
        operation = {"op": "add", "value": _member(path, attribute, sub, value)}
        require_error(tenant.client.patch(tenant.user_path, [operation]), 400, "invalidValue")

    assert stored_rows() == before


@pytest.mark.parametrize(("path", "attribute", "sub"), _cases(group_type()))
def test_group_attribute_of_the_wrong_type_is_invalid_value(
    path: str, attribute: Attribute, sub: Attribute | None
) -> None:
    """Each attribute and sub-attribute of a group refuses values of other types in POST, PUT and PATCH."""
    tenant = make_tenant()
    before = stored_rows()

    for value in _WRONG[(sub or attribute).type]:
        body = {**group_body(), **_member(path, attribute, sub, value)}
        require_error(tenant.client.post("/Groups", body), 400, "invalidValue")
        require_error(tenant.client.put(tenant.group_path, body), 400, "invalidValue")
        operation = {"op": "add", "value": _member(path, attribute, sub, value)}
        require_error(tenant.client.patch(tenant.group_path, [operation]), 400, "invalidValue")

    assert stored_rows() == before


@pytest.mark.parametrize("schemas", ["x", 7, {}, [7], [[]], [None], ["urn:example:other"], []], ids=repr)
@pytest.mark.compliance("RFC 7643", "3", "B084 schemas must hold the resource's core schema")
def test_schemas_of_the_wrong_kind_are_invalid_syntax(schemas: Any) -> None:
    """``schemas`` is a list of URNs that names the resource's own; PATCH and Bulk name their messages."""
    tenant = make_tenant()
    before = stored_rows()

    answers = [
        tenant.client.post("/Users", {**user_body(), "schemas": schemas}),
        tenant.client.put(tenant.user_path, {**user_body(), "schemas": schemas}),
        tenant.client.post("/Groups", {**group_body(), "schemas": schemas}),
        tenant.client.patch(
            tenant.user_path, {**patch_body({"op": "remove", "path": "title"}), "schemas": schemas}
        ),
        tenant.client.post("/Bulk", {"schemas": schemas, "Operations": []}),
        tenant.client.post("/Users/.search", {"schemas": schemas}),
    ]

    for answer in answers:
        require_error(answer, 400, "invalidSyntax")
    assert stored_rows() == before


_LONG = {
    "userName": "b" * 256,
    "externalId": "b" * 256,
    "userName that grows when it is folded": "ß" * 200,
    "userName that grows when it is normalised": "\ufdfa" * 60,
    "userName of combining marks": "b" + "\u0301" * 8_000,
    "userName of 8,193 characters": "b" * 8_193,
    "title": "b" * 8_193,
    "nickName": "b" * 100_000,
    "name.givenName": "b" * 151,
    "name.familyName": "b" * 151,
    "profileUrl": "https://example.com/" + "b" * 65_536,
    # Longer than any attribute may be: with an e-mail login no column holds the addresses.
    "emails": [{"value": "b" * 1_025 + "@example.com"}],
    "password": "b" * 8_193,
}


@pytest.mark.parametrize("case", _LONG)
@pytest.mark.compliance("RFC 7644", "3.12", "B210 over-long values are 400, not a server error")
def test_user_value_too_long_is_invalid_value_and_writes_nothing(case: str) -> None:
    """A text longer than its column is 400 invalidValue on every database, never cut and never a 500."""
    tenant = make_tenant()
    before = stored_rows()
    path = case.partition(" ")[0]
    parent, _, name = path.rpartition(".")
    member = {parent: {name: _LONG[case]}} if parent else {name: _LONG[case]}

    answers = [
        tenant.client.post("/Users", {**user_body(), **member}),
        tenant.client.put(tenant.user_path, {**user_body(), **member}),
        tenant.client.patch(tenant.user_path, [{"op": "replace", "path": path, "value": _LONG[case]}]),
        tenant.client.patch(tenant.user_path, [{"op": "replace", "value": member}]),
    ]

    for answer in answers:
        require_error(answer, 400, "invalidValue")
    assert stored_rows() == before


@pytest.mark.parametrize(
    "member",
    [{"displayName": "b" * 256}, {"displayName": "ß" * 200}, {"externalId": "b" * 256}, {"displayName": " "}],
    ids=["displayName", "displayName that grows", "externalId", "white space"],
)
def test_group_value_that_does_not_fit_is_invalid_value_and_writes_nothing(member: dict[str, str]) -> None:
    """A group's name or externalId longer than its column is 400 invalidValue on every database."""
    tenant = make_tenant()
    before = stored_rows()

    answers = [
        tenant.client.post("/Groups", {**group_body(), **member}),
        tenant.client.put(tenant.group_path, {**group_body(), **member}),
        tenant.client.patch(tenant.group_path, [{"op": "replace", "value": member}]),
    ]

    for answer in answers:
        require_error(answer, 400, "invalidValue")
    assert stored_rows() == before


@pytest.mark.parametrize(
    "member_id", ["x" * 256, "x" * 1_000, "\u202e", "' OR 1=1 --", "%", "../../Users", "0", "é"]
)
def test_member_with_an_odd_id_is_left_out(member_id: str) -> None:
    """A member's id is opaque text: one that nobody has is left out, whatever it looks like."""
    tenant = make_tenant()

    answers = [
        tenant.client.post("/Groups", group_body(members=[{"value": member_id}])),
        tenant.client.patch(
            tenant.group_path, [{"op": "add", "path": "members", "value": [{"value": member_id}]}]
        ),
        tenant.client.patch(
            tenant.group_path, [{"op": "remove", "path": f'members[value eq "{member_id}"]'}]
        ),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert "members" not in answers[0].json()
    assert [one["value"] for one in answers[2].json()["members"]] == [tenant.user["id"]]


@pytest.mark.parametrize("text", ["a\r\nb", "a\nb", "\ra", "a\x1b[31m", "a\x7f", "\x01"], ids=repr)
@pytest.mark.parametrize("attribute", ["userName", "externalId"])
def test_key_with_a_control_character_is_invalid_value(attribute: str, text: str) -> None:
    """CR, LF and other controls in what identifies a person would forge log lines and headers: refused."""
    tenant = make_tenant()
    before = stored_rows()

    answers = [
        tenant.client.post("/Users", {**user_body(), attribute: text}),
        tenant.client.put(tenant.user_path, {**user_body(), attribute: text}),
        tenant.client.patch(tenant.user_path, [{"op": "replace", "path": attribute, "value": text}]),
        tenant.client.post(
            "/Groups", {**group_body(), {"userName": "displayName"}.get(attribute, attribute): text}
        ),
    ]

    for answer in answers:
        require_error(answer, 400, "invalidValue")
    assert stored_rows() == before


@pytest.mark.parametrize(
    "text", ["O'Brien", "a%b_c", "漢字", "\U0001f600", "İstanbul", "a" * 255, "{{7*7}}", "=1+1", "\u202ex"]
)
@pytest.mark.compliance("RFC 7643", "2.3.1", "B208 text is UTF-8 both ways")
def test_unusual_user_name_survives_and_is_found(text: str) -> None:
    """Odd names are names: stored as sent, found by a filter, and given back byte for byte."""
    tenant = make_tenant()

    made = tenant.client.post("/Users", user_body(text))
    found = tenant.client.get("/Users", {"filter": f'userName eq "{text}"'})

    assert made.status_code == 201, made.content
    assert made.json()["userName"] == text
    assert [one["id"] for one in found.json()["Resources"]] == [made.json()["id"]]
