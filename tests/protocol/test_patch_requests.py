"""PATCH messages: what is refused before any resource is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER, USER_URN
from django_provisioning.protocol.errors import (
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    PayloadTooLarge,
)
from django_provisioning.protocol.messages import PATCH_OP_URN
from django_provisioning.protocol.patch import PatchLimits, apply, parse_patch
from django_provisioning.protocol.tolerance import STRICT, TOLERANT
from tests.protocol.patching import ADA, HOME, after, op, patch


@pytest.mark.compliance("RFC 7644", "3.5.2", "B118 op and attribute names in a PATCH ignore case")
def test_patch_names_in_any_case_are_understood() -> None:
    """Entra capitalises op; member and attribute names ignore case."""
    payload = {
        "SCHEMAS": [PATCH_OP_URN.upper()],
        "operations": [{"OP": "Replace", "Path": "NAME.givenname", "VALUE": "A."}],
    }

    result = apply(ADA, parse_patch(payload, USER, STRICT), USER, STRICT)

    assert result.document["name"] == {"givenName": "A.", "familyName": "Lovelace"}


@pytest.mark.compliance("RFC 7644", "3.5.2", "B113i a PATCH without the PatchOp schema is 400")
@pytest.mark.parametrize("schemas", [[], [USER_URN], PATCH_OP_URN, [1]])
def test_patch_other_schemas_are_invalid_syntax(schemas: Any) -> None:
    """The schemas that are there must name PatchOp."""
    with pytest.raises(InvalidSyntax, match="schemas"):
        parse_patch({"schemas": schemas, "Operations": [op("replace", "title", "x")]}, USER)


def test_patch_missing_schemas_are_recorded_or_refused() -> None:
    """Some clients leave schemas out: accepted and recorded, refused when strict."""
    payload = {"Operations": [op("replace", "title", "x")]}

    assert parse_patch(payload, USER).ignored == ("schemas missing",)
    with pytest.raises(InvalidSyntax):
        parse_patch(payload, USER, STRICT)


@pytest.mark.compliance("RFC 7644", "3.5.2", "B115 a PATCH without Operations is 400")
@pytest.mark.parametrize(
    "payload",
    [{}, {"Operations": []}, {"Operations": {}}, {"Operations": None}, {"Operations": [5]}, [], None, "x"],
)
def test_patch_without_operations_is_invalid_syntax(payload: Any) -> None:
    """A PATCH has one operation or more, each an object."""
    with pytest.raises(InvalidSyntax):
        parse_patch(payload, USER)


@pytest.mark.compliance("RFC 7644", "3.5.2", "B114 an unknown op is 400 invalidSyntax")
@pytest.mark.parametrize("name", ["move", "", None, 5, "adds", ["add"]])
def test_patch_unknown_op_is_invalid_syntax(name: Any) -> None:
    """Only add, remove and replace are operations."""
    with pytest.raises(InvalidSyntax, match="op"):
        patch({"op": name, "path": "title", "value": "x"})


def test_patch_too_many_operations_are_413() -> None:
    """The number of operations is limited."""
    operations = [op("replace", "title", str(index)) for index in range(1001)]

    with pytest.raises(PayloadTooLarge):
        patch(*operations)
    with pytest.raises(PayloadTooLarge):
        parse_patch({"Operations": operations[:2]}, USER, TOLERANT, PatchLimits(max_operations=1))


def test_patch_too_many_values_are_413() -> None:
    """Neither one operation nor many together make an attribute larger than a POST could."""
    many = [{"value": str(index)} for index in range(1001)]

    with pytest.raises(PayloadTooLarge, match="emails"):
        patch(op("add", "emails", many))
    with pytest.raises(PayloadTooLarge, match="emails"):
        patch(op("add", "emails", many[:500]), op("add", "emails", many[500:]))
    assert len(after(op("replace", "emails", many[1:]))["emails"]) == 1000


def test_patch_unknown_member_of_an_operation_is_recorded_or_refused() -> None:
    """Postman names its operations."""
    named = {**op("replace", "title", "x"), "name": "step 1"}

    assert patch(named).ignored == ("Operations.name",)
    with pytest.raises(InvalidValue):
        patch(named, tolerance=STRICT)


@pytest.mark.compliance("RFC 7644", "3.5.2", "B124 a path that is no path is 400 invalidPath")
@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        ".",
        "name.",
        "name..givenName",
        "name.givenName.x",
        'emails[type eq "work"',
        "emails]",
        'emails[type eq "work"]value',
        'emails[type eq "work"].',
        'emails[type eq "work"].x',
        'userName[value eq "x"]',
        'name[givenName eq "x"]',
        'emails.value[type eq "work"]',
        'userName eq "x"',
        "urn:",
        "urn:example:x:y",
        f"{ENTERPRISE_URN}:",
        f"{USER_URN}:",
        "x" * 20_000,
    ],
)
def test_patch_broken_path_is_invalid_path(path: str) -> None:
    """A path that the grammar does not have is refused, also where it would remove something."""
    with pytest.raises(InvalidPath):
        patch(op("replace", path, "x"))
    with pytest.raises(InvalidPath):
        patch(op("remove", path))


@pytest.mark.compliance("RFC 7644", "3.5.2", "B125 a path to an unknown attribute is 400")
@pytest.mark.parametrize(
    "path", ["shoeSize", "name.nick", "members", f"{ENTERPRISE_URN}:floor", 5, ["title"]]
)
def test_patch_unknown_attribute_in_path_is_invalid_path(path: Any) -> None:
    """An operation that cannot be done is never answered with success."""
    with pytest.raises(InvalidPath):
        patch(op("add", path, "x"))


@pytest.mark.parametrize(
    "path",
    ["emails[]", "emails[type]", "emails[shoe eq 1]", 'emails[emails[type eq "x"]]', "emails[type eq ]"],
)
def test_patch_broken_filter_in_path_is_invalid_filter(path: str) -> None:
    """RFC 7644 table 9: invalidFilter is for filters in PATCH paths too."""
    with pytest.raises(InvalidFilter):
        patch(op("replace", path, {"value": "x"}))


@pytest.mark.compliance("RFC 7644", "3.10", "B137 core attributes by URN path in PATCH")
@pytest.mark.parametrize("path", [f"{USER_URN}:title", f"{USER_URN.upper()}:TITLE"])
def test_patch_core_attribute_by_urn(path: str) -> None:
    """A core attribute can carry its schema's URN."""
    assert after(op("replace", path, "Lady"))["title"] == "Lady"


@pytest.mark.compliance("RFC 7644", "3.5.2", "B126 a readOnly attribute is 400 mutability")
@pytest.mark.parametrize("name", ["add", "replace", "remove"])
@pytest.mark.parametrize(
    "path",
    ["id", "meta", "meta.version", "groups", 'groups[value eq "g"]', f"{ENTERPRISE_URN}:manager.displayName"],
)
def test_patch_read_only_path_is_mutability(name: str, path: str) -> None:
    """What the server assigns cannot be patched, User.groups included (B128)."""
    with pytest.raises(Mutability):
        patch(op(name, path, "x"))


@pytest.mark.compliance("RFC 7643", "4.1.2", "B128 User.groups cannot be changed through the user")
def test_patch_read_only_attribute_without_path_is_mutability() -> None:
    """A value without path cannot smuggle groups in."""
    with pytest.raises(Mutability):
        patch(op("add", None, {"groups": [{"value": "g"}]}))


@pytest.mark.compliance("RFC 7644", "3.5.2.2", "B127 removing a readOnly or required attribute is 400")
def test_patch_removal_of_required_attribute_is_mutability() -> None:
    """UserName can be changed, not taken away."""
    with pytest.raises(Mutability):
        patch(op("remove", "userName"))


@pytest.mark.parametrize("name", ["add", "replace"])
@pytest.mark.parametrize("value", [None, "", " ", [], {}])
def test_patch_required_attribute_to_nothing_is_invalid_value(name: str, value: Any) -> None:
    """Nor can it be emptied by a value."""
    with pytest.raises(InvalidValue):
        patch(op(name, "userName", value))


def test_patch_schemas_follow_the_values() -> None:
    """A write to schemas is accepted when it says nothing else, and changes nothing."""
    result = patch(op("add", "schemas", [ENTERPRISE_URN]))

    assert result.document == ADA
    assert result.ignored == ("schemas",)
    with pytest.raises(InvalidValue):
        patch(op("add", "schemas", ["urn:example:x"]))
    with pytest.raises(Mutability):
        patch(op("remove", "schemas"))


@pytest.mark.compliance("RFC 7644", "3.5.2", "B123 a wrong type by PATCH is 400 invalidValue")
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("userName", {"a": 1}),
        ("title", 5),
        ("active", "yes"),
        ("name", "Ada"),
        ("name.givenName", ["x"]),
        ("emails", 5),
        ('emails[type eq "work"]', "x" * 9_000),
        ('emails[type eq "work"]', [HOME, HOME]),
        ('emails[type eq "work"].primary', "maybe"),
        (f"{ENTERPRISE_URN}:manager", 5),
        (ENTERPRISE_URN, "x"),
        (None, "x"),
        (None, None),
        (None, {"name": "x"}),
        (None, {ENTERPRISE_URN: "x"}),
    ],
)
def test_patch_wrong_type_is_invalid_value(path: str | None, value: Any) -> None:
    """Values are checked as those of a POST."""
    with pytest.raises(InvalidValue):
        patch(op("replace", path, value))


@pytest.mark.parametrize("name", ["add", "replace"])
def test_patch_without_value_is_invalid_value(name: str) -> None:
    """A missing value is not null."""
    with pytest.raises(InvalidValue, match="needs a value"):
        patch(op(name, "title"))
