"""Values by the type of their attribute, as POST, PUT and PATCH read them."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.protocol.core_schemas import USER
from django_provisioning.protocol.errors import InvalidValue, PayloadTooLarge
from django_provisioning.protocol.schema import Attribute, Extension, ResourceType, Schema
from django_provisioning.protocol.tolerance import TOLERANT
from django_provisioning.protocol.validation import read_resource
from django_provisioning.protocol.values import ValueLimits


@pytest.mark.compliance("RFC 7644", "3.12", "B210 over-long values are 400, not a server error")
@pytest.mark.parametrize(
    ("members", "is_valid"),
    [
        ({"title": "x" * 1_024}, True),
        ({"title": "x" * 1_025}, False),
        ({"emails": [{"value": "x" * 1_025}]}, False),
        ({"x509Certificates": [{"value": "A" * 65_536}]}, True),
        ({"x509Certificates": [{"value": "A" * 65_537}]}, False),
        ({"profileUrl": "x" * 65_536}, True),
    ],
)
def test_read_resource_length_is_limited_by_type(members: dict[str, Any], is_valid: bool) -> None:
    """Texts are short, certificates and references may be long."""
    if is_valid:
        assert members.items() <= read_resource({"userName": "ada", **members}, USER).document.items()
    else:
        with pytest.raises(InvalidValue, match="longer than"):
            read_resource({"userName": "ada", **members}, USER)


def test_read_resource_too_many_values_is_413() -> None:
    """The number of elements is limited, and the limit can be set."""
    emails = [{"value": str(index)} for index in range(3)]

    with pytest.raises(PayloadTooLarge, match="emails"):
        read_resource({"userName": "ada", "emails": emails}, USER, TOLERANT, ValueLimits(max_values=2))


_PART = Attribute("part", "complex", sub_attributes=(Attribute("key", required=True), Attribute("note")))
_TYPED = ResourceType(
    "Thing",
    "/Things",
    "",
    Schema(
        "urn:example:Thing",
        "Thing",
        "",
        (
            Attribute("count", "integer"),
            Attribute("ratio", "decimal"),
            Attribute("since", "dateTime"),
            Attribute("tags", multi_valued=True),
            _PART,
        ),
    ),
    (Extension(Schema("urn:example:Must", "Must", "", (Attribute("code", required=True), Attribute("x")))),),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", 5),
        ("count", -(10**30)),
        ("ratio", 5),
        ("ratio", 0.5),
        ("since", "2026-01-31T09:05:00Z"),
        ("since", "2026-01-31T09:05:00.123456789+05:30"),
        ("tags", ["a", "b"]),
        ("part", {"key": "k"}),
    ],
)
def test_read_resource_value_of_its_type_is_kept(name: str, value: Any) -> None:
    """Valid values come through as they were sent."""
    assert read_resource({name: value}, _TYPED).document[name] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", True),
        ("count", "5"),
        ("count", 5.0),
        ("ratio", False),
        ("ratio", "0.5"),
        ("since", "yesterday"),
        ("since", "2026-01-31T09:05:00"),
        ("since", "2026-02-30T09:05:00Z"),
        ("since", 5),
        ("tags", [1]),
        ("tags", [["a"]]),
        ("part", {"note": "n"}),
        ("part", {"key": "", "note": "n"}),
        ("urn:example:Must", {"x": "y"}),
    ],
)
def test_read_resource_value_of_another_type_is_refused(name: str, value: Any) -> None:
    """Numbers, instants, simple arrays and required sub-attributes are checked."""
    with pytest.raises(InvalidValue):
        read_resource({name: value}, _TYPED)


def test_read_resource_required_extension_must_be_there() -> None:
    """An extension that the resource type requires has its required attributes."""
    schema = Schema("urn:example:Must", "Must", "", (Attribute("code", required=True),))
    resource_type = ResourceType("Thing", "/Things", "", _TYPED.schema, (Extension(schema, required=True),))

    with pytest.raises(InvalidValue, match="code"):
        read_resource({"count": 1}, resource_type)
    assert read_resource({"urn:example:Must": {"code": "x"}}, resource_type).document["urn:example:Must"]
