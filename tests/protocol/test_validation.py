"""Bodies of POST and PUT."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN
from django_provisioning.protocol.errors import InvalidSyntax, InvalidValue, ScimError
from django_provisioning.protocol.schema import ResourceType
from django_provisioning.protocol.tolerance import LEGACY_GROUP_URN, STRICT, TOLERANT, Tolerance
from django_provisioning.protocol.validation import read_resource
from tests.protocol.json_values import json_values
from tests.protocol.strategies import documents


def read(tolerance: Tolerance = TOLERANT, **members: Any) -> dict[str, Any]:
    """Give the document of a valid user with these members, without what every one has."""
    payload = {"schemas": [USER_URN, ENTERPRISE_URN], "userName": "ada", **members}
    document = read_resource(payload, USER, tolerance).document
    return {name: value for name, value in document.items() if name not in ("schemas", "userName")}


def read_names(members: dict[str, Any], tolerance: Tolerance = TOLERANT) -> dict[str, Any]:
    """The same for names that are no Python ones."""
    return read(tolerance, **members)


@pytest.mark.compliance("RFC 7643", "2.1", "B089 attribute names in bodies ignore case")
def test_read_resource_names_in_any_case_become_canonical() -> None:
    """Attributes, sub-attributes and extension URNs get the spelling of their schemas."""
    payload = {
        "SCHEMAS": [USER_URN.upper(), ENTERPRISE_URN.lower()],
        "username": "ada",
        "NAME": {"GIVENNAME": "Ada"},
        "Emails": [{"VALUE": "ada@example.com"}],
        ENTERPRISE_URN.upper(): {"DEPARTMENT": "R&D"},
    }

    assert read_resource(payload, USER, STRICT).document == {
        "schemas": [USER_URN, ENTERPRISE_URN],
        "userName": "ada",
        "name": {"givenName": "Ada"},
        "emails": [{"value": "ada@example.com"}],
        ENTERPRISE_URN: {"department": "R&D"},
    }


@pytest.mark.compliance("RFC 7643", "2.5", "B088 null and [] mean unassigned and come back as nothing")
@pytest.mark.parametrize(
    "members",
    [
        {"title": None},
        {"emails": []},
        {"emails": None},
        {"emails": [None, {}, {"value": None}]},
        {"name": {}},
        {"name": {"givenName": None}},
        {ENTERPRISE_URN: {}},
        {ENTERPRISE_URN: None},
        {ENTERPRISE_URN: {"manager": None}},
    ],
)
def test_read_resource_unassigned_values_leave_no_trace(members: dict[str, Any]) -> None:
    """null, [] and {} are the same as absent, at every level, even when strict."""
    assert read_names(members, STRICT) == {}


@pytest.mark.compliance("RFC 7643", "3.1", "B079 a client's id and meta are ignored")
@pytest.mark.parametrize(
    "members", [{"id": "x"}, {"id": 5}, {"meta": {"version": "1"}}, {"groups": [{"value": "g"}]}]
)
def test_read_resource_read_only_attributes_are_ignored(members: dict[str, Any]) -> None:
    """What the server assigns cannot be sent, and is no error whatever it holds (B090, B105)."""
    assert read_names(members, STRICT) == {}


def test_read_resource_read_only_sub_attributes_are_ignored() -> None:
    """The manager's displayName is the server's."""
    document = read_names({ENTERPRISE_URN: {"manager": {"value": "2", "displayName": "Bob"}}}, STRICT)

    assert document == {ENTERPRISE_URN: {"manager": {"value": "2"}}}


@pytest.mark.compliance("RFC 7643", "2.3.2", "B092 a boolean is stored and returned as a boolean")
@pytest.mark.parametrize(
    ("text", "value"), [("True", True), ("FALSE", False), ("true", True), ("false", False)]
)
def test_read_resource_boolean_text_is_read_as_meant(text: str, value: bool) -> None:
    """Entra and OneLogin write booleans as text; strict refuses them."""
    assert read(active=text) == {"active": value}
    assert read(emails=[{"value": "a", "primary": text}]) == {"emails": [{"value": "a", "primary": value}]}
    with pytest.raises(InvalidValue, match="active"):
        read(STRICT, active=text)


@pytest.mark.parametrize("value", ["yes", "1", "", 0, 1, "t", " true", ["true"]])
def test_read_resource_other_booleans_are_invalid_value(value: Any) -> None:
    """Only the spellings of true and false are booleans: nobody is deactivated by a guess."""
    with pytest.raises(InvalidValue, match="active"):
        read(active=value)


@pytest.mark.compliance("RFC 7644", "3.12", "B087 a value of the wrong type is 400")
@pytest.mark.parametrize(
    "members",
    [
        {"userName": {"a": 1}},
        {"userName": 5},
        {"title": ["x"]},
        {"title": True},
        {"name": "Ada"},
        {"name": ["Ada"]},
        {"name": {"givenName": {"x": 1}}},
        {"emails": [5]},
        {"emails": [["ada@example.com"]]},
        {"emails": [{"value": 5}]},
        {"emails": [{"value": "a", "primary": "maybe"}]},
        {"emails": True},
        {"externalId": 5},
        {"password": {"secret": 1}},
        {ENTERPRISE_URN: "x"},
        {ENTERPRISE_URN: [{"department": "x"}]},
        {ENTERPRISE_URN: {"department": 5}},
        {ENTERPRISE_URN: {"manager": 5}},
    ],
)
def test_read_resource_wrong_type_is_invalid_value(members: dict[str, Any]) -> None:
    """Types are checked at every level, tolerance or not."""
    with pytest.raises(InvalidValue):
        read_names(members)


def test_read_resource_message_names_the_path_and_never_the_value() -> None:
    """A person can find the fault; a log cannot leak the password."""
    with pytest.raises(InvalidValue, match=r"'emails\.primary' must be a boolean"):
        read(emails=[{"value": "a", "primary": "hunter2"}])
    with pytest.raises(InvalidValue) as caught:
        read(password=["hunter2"])

    assert "hunter2" not in caught.value.detail
    assert "password" in caught.value.detail


@pytest.mark.compliance("RFC 7643", "4.1.1", "B082 a missing or empty userName is 400")
@pytest.mark.parametrize("value", [None, "", "   ", [], {}])
def test_read_resource_missing_required_attribute_is_invalid_value(value: Any) -> None:
    """A userName and a group's displayName must hold something (B156)."""
    with pytest.raises(InvalidValue, match="'userName' is required"):
        read_resource({"userName": value}, USER)
    with pytest.raises(InvalidValue, match="'displayName' is required"):
        read_resource({"displayName": value}, GROUP)


@pytest.mark.compliance("RFC 7644", "3.12", "B086 a body that is no object is 400")
@pytest.mark.parametrize("payload", [[], None, "x", 5, [{"userName": "ada"}]])
def test_read_resource_body_that_is_no_object_is_invalid_syntax(payload: Any) -> None:
    """A resource is an object."""
    with pytest.raises(InvalidSyntax):
        read_resource(payload, USER)


@pytest.mark.compliance("RFC 7643", "3", "B084 schemas must hold the resource's core schema")
@pytest.mark.parametrize("schemas", [[], [ENTERPRISE_URN], [GROUP_URN], USER_URN, [5], {}, ["urn:example:x"]])
def test_read_resource_schemas_without_the_core_schema_is_invalid_syntax(schemas: Any) -> None:
    """The schemas that are there must name what the body is."""
    with pytest.raises(InvalidSyntax, match="schemas"):
        read_resource({"schemas": schemas, "userName": "ada"}, USER)


@pytest.mark.compliance("RFC 7643", "3", "B083i a body without schemas is 400")
@pytest.mark.parametrize("payload", [{"userName": "ada"}, {"schemas": None, "userName": "ada"}])
def test_read_resource_missing_schemas_is_recorded_or_refused(payload: dict[str, Any]) -> None:
    """Tolerance accepts a body without schemas and says so; strict refuses it."""
    result = read_resource(payload, USER)

    assert result.document["schemas"] == [USER_URN]
    assert result.ignored == ("schemas missing",)
    with pytest.raises(InvalidSyntax):
        read_resource(payload, USER, STRICT)


def test_read_resource_schemas_follow_the_values() -> None:
    """Entra names the extension without sending it: schemas lists what is there."""
    assert read_resource({"schemas": [USER_URN, ENTERPRISE_URN], "userName": "a"}, USER).document[
        "schemas"
    ] == [USER_URN]
    with_extension = {"schemas": [USER_URN], "userName": "a", ENTERPRISE_URN: {"department": "x"}}
    assert read_resource(with_extension, USER).document["schemas"] == [USER_URN, ENTERPRISE_URN]


def test_read_resource_legacy_group_schema_is_accepted() -> None:
    """Entra's group URI is harmless beside the core URN, and stands for it alone."""
    both = {"schemas": [GROUP_URN, LEGACY_GROUP_URN], "displayName": "Staff"}
    alone = {"schemas": [LEGACY_GROUP_URN], "displayName": "Staff"}

    assert read_resource(both, GROUP).document["schemas"] == [GROUP_URN]
    assert read_resource(alone, GROUP).document["schemas"] == [GROUP_URN]
    with pytest.raises(InvalidSyntax):
        read_resource({"schemas": [LEGACY_GROUP_URN], "userName": "ada"}, USER)


@pytest.mark.compliance(
    "RFC 7644", "3.1", "B096 an unknown attribute or extension is ignored or refused, never a server error"
)
@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"shoeSize": 38}, "shoeSize"),
        ({"urn:example:ext": {"x": 1}}, "urn:example:ext"),
        ({"name": {"nick": "x"}}, "name.nick"),
        ({"roles": [{"displayName": "x", "value": "r"}]}, "roles.displayName"),
        ({ENTERPRISE_URN: {"floor": 3}}, f"{ENTERPRISE_URN}:floor"),
        ({"name.nick": "x"}, "name.nick"),
        ({"": "x"}, ""),
    ],
)
def test_read_resource_unknown_names_are_recorded_or_refused(members: dict[str, Any], name: str) -> None:
    """Never silently: tolerance records the name, strict refuses it."""
    payload = {"schemas": [USER_URN], "userName": "ada", **members}

    assert read_resource(payload, USER).ignored == (name,)
    with pytest.raises(InvalidValue):
        read_resource(payload, USER, STRICT)


def test_read_resource_unknown_schema_is_recorded_or_refused() -> None:
    """A schema that the resource type does not have is left out of schemas."""
    payload = {"schemas": [USER_URN, "urn:example:x"], "userName": "ada"}

    result = read_resource(payload, USER)

    assert result.document["schemas"] == [USER_URN]
    assert result.ignored == ("urn:example:x",)
    with pytest.raises(InvalidValue):
        read_resource(payload, USER, STRICT)


def test_read_resource_ignored_names_are_bounded() -> None:
    """A client cannot fill the event log with names."""
    payload = {"userName": "ada", **{f"x{index}" * 200: 1 for index in range(500)}}

    ignored = read_resource(payload, USER).ignored

    assert len(ignored) == 100
    assert max(map(len, ignored)) == 100


@pytest.mark.compliance("RFC 7643", "2.4", "B091 at most one primary value survives")
def test_read_resource_last_primary_survives() -> None:
    """Of several primary values the last one keeps the mark."""
    emails = [{"value": f"{name}@example.com", "primary": True} for name in "abc"]

    primary = [email["primary"] for email in read(emails=emails)["emails"]]

    assert primary == [False, False, True]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({ENTERPRISE_URN: {"manager": "2"}}, {ENTERPRISE_URN: {"manager": {"value": "2"}}}),
        ({ENTERPRISE_URN: {"manager": ""}}, {}),
        ({ENTERPRISE_URN: {"manager": {"value": ""}}}, {}),
        ({"emails": ["a@example.com", ""]}, {"emails": [{"value": "a@example.com"}]}),
        ({"emails": "a@example.com"}, {"emails": [{"value": "a@example.com"}]}),
        ({"emails": {"value": "a@example.com"}}, {"emails": [{"value": "a@example.com"}]}),
        (
            {"name.givenName": "Ada", "NAME.familyName": "L"},
            {"name": {"givenName": "Ada", "familyName": "L"}},
        ),
        (
            {"name.givenName": "Ada", "name": {"familyName": "L"}},
            {"name": {"givenName": "Ada", "familyName": "L"}},
        ),
        (
            {"name": {"familyName": "L"}, "name.givenName": "Ada"},
            {"name": {"givenName": "Ada", "familyName": "L"}},
        ),
        (
            {"emails.value": "a@example.com", "emails.type": "work"},
            {"emails": [{"value": "a@example.com", "type": "work"}]},
        ),
        ({"name.givenName": None}, {}),
        ({f"{ENTERPRISE_URN}:manager.value": "2"}, {ENTERPRISE_URN: {"manager": {"value": "2"}}}),
    ],
)
def test_read_resource_tolerated_shapes_are_read_as_meant(
    sent: dict[str, Any], meant: dict[str, Any]
) -> None:
    """The shapes of the last table of IDPS.md, read as what they mean."""
    assert read_names(sent) == meant


@pytest.mark.parametrize(
    "sent",
    [
        {ENTERPRISE_URN: {"manager": "2"}},
        {"emails": ["a@example.com"]},
        {"emails": {"value": "a@example.com"}},
        {"name.givenName": "Ada"},
    ],
)
def test_read_resource_tolerated_shapes_are_refused_when_strict(sent: dict[str, Any]) -> None:
    """Strict takes only what the RFC defines."""
    with pytest.raises(InvalidValue):
        read_names(sent, STRICT)


@pytest.mark.parametrize("name", [f"{USER_URN}:title", f"{USER_URN.upper()}:TITLE"])
def test_read_resource_core_name_with_urn_is_the_attribute(name: str) -> None:
    """RFC 7644 §3.10 names core attributes with their URN too."""
    assert read_names({name: "Countess"}) == {"title": "Countess"}


@given(documents())
def test_read_resource_canonical_document_stays_as_it_is(document: dict[str, Any]) -> None:
    """What the server gives can be sent back: only readOnly attributes go (Okta's PUT)."""
    result = read_resource(document, USER, STRICT).document

    writable = {name: value for name, value in document.items() if name not in ("id", "meta", "groups")}
    manager = writable.get(ENTERPRISE_URN, {}).get("manager", {})
    if "displayName" in manager:
        kept = {name: value for name, value in manager.items() if name != "displayName"}
        extension = {**writable[ENTERPRISE_URN], "manager": kept}
        writable[ENTERPRISE_URN] = {name: value for name, value in extension.items() if value}
    writable = {name: value for name, value in writable.items() if value != {}}
    assert {**result, "schemas": None} == {**writable, "schemas": None}


@given(json_values(), st.sampled_from([USER, GROUP]), st.sampled_from([TOLERANT, STRICT]))
def test_read_resource_any_json_raises_scim_errors_only(
    payload: Any, resource_type: ResourceType, tolerance: Tolerance
) -> None:
    """No body makes anything but a ScimError."""
    with suppress(ScimError):
        read_resource(payload, resource_type, tolerance)


@given(json_values())
def test_read_resource_is_idempotent(payload: Any) -> None:
    """Reading what was read changes nothing and is fine by the strict rules."""
    with suppress(ScimError):
        document = read_resource(payload, USER).document
        assert read_resource(document, USER, STRICT).document == document
