"""PATCH as a whole: order, atomicity, mutability, and what no input may do."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, USER, USER_URN
from django_provisioning.protocol.errors import (
    InvalidValue,
    Mutability,
    NoTarget,
    ScimError,
)
from django_provisioning.protocol.patch import apply, parse_patch
from django_provisioning.protocol.schema import Attribute, Extension, ResourceType, Schema
from django_provisioning.protocol.tolerance import STRICT, TOLERANT, Tolerance
from tests.protocol.json_values import json_values
from tests.protocol.patching import ADA, after, op, patch
from tests.protocol.strategies import documents


@pytest.mark.compliance("RFC 7644", "3.5.2", "B117 operations run in order on the result of the one before")
def test_patch_operations_run_in_order() -> None:
    """Later operations see what earlier ones did."""
    document = after(
        op("remove", "emails"),
        op("add", "emails", [{"type": "work", "value": "x"}]),
        op("replace", 'emails[value eq "x"].display', "X"),
        op("add", "title", "first"),
        op("replace", "title", "second"),
    )

    assert document["emails"] == [{"type": "work", "value": "x", "display": "X"}]
    assert document["title"] == "second"


@pytest.mark.compliance("RFC 7644", "3.5.2", "B116 the sequence is atomic: one bad operation undoes all")
def test_patch_failure_leaves_the_document_alone() -> None:
    """The document that was given is never written to."""
    document = copy.deepcopy(ADA)

    with pytest.raises(NoTarget):
        patch(
            op("replace", "title", "x"),
            op("add", "emails", [{"value": "y", "primary": True}]),
            op("replace", f"{ENTERPRISE_URN}:department", "z"),
            op("replace", 'emails[type co "x"].value', "x"),
            document=document,
        )

    assert document == ADA


def test_patch_change_that_is_undone_is_no_change() -> None:
    """Changed compares the end with the beginning."""
    assert patch(op("replace", "title", "x"), op("replace", "title", "Countess")).changed == frozenset()


def test_patch_password_is_written_though_never_read() -> None:
    """writeOnly: Okta's password sync reaches the caller."""
    result = patch(op("replace", None, {"password": "made up"}))

    assert result.document["password"] == "made up"
    assert result.changed == {"password"}


_ONCE = ResourceType(
    "Thing", "/Things", "", Schema("urn:example:Thing", "Thing", "", (
        Attribute("code", mutability="immutable"), Attribute("tags", multi_valued=True, required=True),
        Attribute("levels", "integer", multi_valued=True), Attribute("rates", "complex", multi_valued=True,
        sub_attributes=(Attribute("rate", "decimal"), Attribute("key", required=True))),
    )),
)  # fmt: skip


def once(document: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    """Give what the operations make of a Thing."""
    return apply(document, parse_patch({"Operations": list(operations)}, _ONCE), _ONCE).document


_LEVELS = Attribute(
    "levels", "complex", multi_valued=True, sub_attributes=(Attribute("marks", multi_valued=True),)
)
_ROUND = ResourceType("Round", "/Rounds", "", Schema("urn:example:Round", "Round", "", (_LEVELS,)), (
    Extension(Schema("urn:example:Extra", "Extra", "", (
        Attribute("made", mutability="readOnly"), Attribute("kept"), Attribute("must", required=True),
    ))),
    Extension(Schema("urn:example:Loose", "Loose", "", (Attribute("made", mutability="readOnly"), Attribute("kept")))),
))  # fmt: skip


def test_patch_sub_attributes_can_be_multi_valued() -> None:
    """Elements are compared with all that they hold."""
    document = {"levels": [{"marks": ["a", "b"]}]}
    request = parse_patch(
        {"Operations": [op("add", "levels", [{"marks": ["a", "b"]}, {"marks": ["b"]}])]}, _ROUND
    )

    assert apply(document, request, _ROUND).document["levels"] == [{"marks": ["a", "b"]}, {"marks": ["b"]}]


def test_patch_removal_of_extension_leaves_what_the_server_assigns() -> None:
    """ReadOnly attributes stay, required ones forbid it, and the core schema cannot go."""
    document = {"urn:example:Loose": {"made": "m", "kept": "k"}}

    result = apply(document, parse_patch({"Operations": [op("remove", "urn:example:Loose")]}, _ROUND), _ROUND)

    assert result.document["urn:example:Loose"] == {"made": "m"}
    for path in ("urn:example:Extra", "urn:example:Round"):
        with pytest.raises(Mutability):
            parse_patch({"Operations": [op("remove", path)]}, _ROUND)


def test_patch_core_urn_as_path_is_the_resource() -> None:
    """A value at the core schema's URN names its attributes."""
    assert patch(op("replace", USER_URN, {"title": "Lady"})).document["title"] == "Lady"


def test_patch_immutable_attribute_is_set_once() -> None:
    """RFC 7643 §7: immutable takes a first value, and that one again."""
    assert once({}, op("add", "code", "x"))["code"] == "x"
    assert once({"code": "x"}, op("replace", "code", "x"))["code"] == "x"
    with pytest.raises(Mutability):
        once({"code": "x"}, op("replace", "code", "y"))
    with pytest.raises(Mutability):
        once({"code": "x"}, op("remove", "code"))


def test_patch_simple_values_are_chosen_by_value() -> None:
    """In an array of simple values, value names the element."""
    document = {"tags": ["a", "b"]}

    assert once(document, op("remove", 'tags[value eq "A"]'))["tags"] == ["b"]
    assert once(document, op("replace", 'tags[value eq "a"]', "c"))["tags"] == ["c", "b"]
    assert once(document, op("replace", 'tags[value eq "C"]', "C"))["tags"] == ["a", "b", "C"]
    assert once(document, op("remove", "tags", ["B"]))["tags"] == ["a"]
    assert once(document, op("add", "tags", ["A", "c"]))["tags"] == ["a", "b", "c"]
    assert once({"levels": [1, 2]}, op("add", "levels[value eq 3]", 3))["levels"] == [1, 2, 3]
    made = once({}, op("add", "rates[rate eq 0.5].key", "k"))["rates"]
    assert made == [{"rate": 0.5, "key": "k"}]
    assert type(made[0]["rate"]) is float


def test_patch_required_multi_valued_attribute_keeps_a_value() -> None:
    """The last value cannot go by a filter either."""
    with pytest.raises(Mutability):
        once({"tags": ["a"]}, op("remove", 'tags[value eq "a"]'))
    with pytest.raises(Mutability):
        once({"tags": ["a"]}, op("remove", "tags", ["a"]))
    with pytest.raises(Mutability):
        once({"rates": [{"key": "k"}]}, op("remove", "rates.key"))
    with pytest.raises(InvalidValue):
        once({"rates": [{"key": "k"}]}, op("replace", 'rates[key eq "k"].key', ""))


@given(documents(), json_values())
def test_patch_any_json_raises_scim_errors_only(document: dict[str, Any], payload: Any) -> None:
    """No body makes anything but a ScimError, and none writes to the document."""
    before = copy.deepcopy(document)

    with suppress(ScimError):
        apply(document, parse_patch(payload, USER), USER)

    assert document == before


@given(
    documents(),
    st.sampled_from(["add", "replace", "remove"]),
    st.sampled_from(
        [
            "emails",
            "title",
            "name",
            "name.givenName",
            'emails[type eq "work"]',
            'emails[type eq "work"].value',
            "emails.value",
            ENTERPRISE_URN,
            f"{ENTERPRISE_URN}:manager",
            None,
            "active",
            "groups",
            "id",
            "schemas",
        ]
    ),
    json_values(5),
    st.sampled_from([TOLERANT, STRICT]),
)
def test_patch_any_value_raises_scim_errors_only(
    document: dict[str, Any], name: str, path: str | None, value: Any, tolerance: Tolerance
) -> None:
    """No value at any path makes anything but a ScimError."""
    with suppress(ScimError):
        patch(op(name, path, value), document=document, tolerance=tolerance)


@given(documents(GROUP), json_values())
def test_patch_group_any_json_raises_scim_errors_only(document: dict[str, Any], payload: Any) -> None:
    """The same for groups."""
    with suppress(ScimError):
        apply(document, parse_patch(payload, GROUP), GROUP)
