"""Documents as flat lists of comparable texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER, USER_URN
from django_provisioning.protocol.leaves import Leaf, leaves
from django_provisioning.protocol.path import resolve
from tests.protocol.strategies import documents


def test_leaves_simple_attributes_give_one_leaf_each() -> None:
    """The text is the comparable one; false is a value."""
    document = {"userName": "ADA", "externalId": "Ext", "active": False, "schemas": [USER_URN, "urn:X"]}

    found = list(leaves(document, USER))

    assert found == [
        Leaf("userName", 0, "", "ada"),
        Leaf("externalId", 0, "", "Ext"),
        Leaf("active", 0, "", "false"),
        Leaf("schemas", 0, "", USER_URN.lower()),
        Leaf("schemas", 1, "", "urn:x"),
    ]


def test_leaves_complex_attributes_give_an_anchor_for_each_element() -> None:
    """Every element with a value has a leaf without sub-attribute and text, at its own position."""
    document = {
        "name": {"givenName": "Ada", "middleName": ""},
        "emails": [{"value": None}, {"value": "A@example.com", "primary": True}],
    }

    found = list(leaves(document, USER))

    assert found == [
        Leaf("name", 0, "", ""),
        Leaf("name", 0, "givenName", "ada"),
        Leaf("emails", 1, "", ""),
        Leaf("emails", 1, "value", "a@example.com"),
        Leaf("emails", 1, "primary", "true"),
    ]


def test_leaves_extension_attributes_carry_its_urn() -> None:
    """The root is the one of the attribute path, whatever the case of the document's keys."""
    document = {ENTERPRISE_URN.upper(): {"DEPARTMENT": "R&D", "manager": {"value": "M-1"}, "other": "x"}}

    found = list(leaves(document, USER))

    assert found == [
        Leaf(f"{ENTERPRISE_URN}:department", 0, "", "r&d"),
        Leaf(f"{ENTERPRISE_URN}:manager", 0, "", ""),
        Leaf(f"{ENTERPRISE_URN}:manager", 0, "value", "M-1"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"password": "s3cret"},
        {"userName": ""},
        {"userName": None},
        {"emails": []},
        {"emails": [{}]},
        {"emails": [{"value": ""}]},
        {"emails": ["ada@example.com"]},
        {"name": {}},
        {"unknown": "x"},
        {ENTERPRISE_URN: {}},
        {ENTERPRISE_URN: None},
    ],
    ids=str,
)
def test_leaves_secret_empty_or_unknown_gives_none(document: dict[str, Any]) -> None:
    """What is never returned, not present or in no schema cannot be found by a filter."""
    assert list(leaves(document, USER)) == []


def test_leaves_skipped_roots_are_left_out() -> None:
    """The caller keeps these attributes elsewhere."""
    document = {"userName": "ada", "groups": [{"value": "g-1"}], ENTERPRISE_URN: {"department": "x"}}

    found = list(leaves(document, USER, frozenset({"groups", f"{ENTERPRISE_URN}:department"})))

    assert [leaf.root for leaf in found] == ["userName"]


def test_leaves_value_of_wrong_type_is_an_error() -> None:
    """A document that was never validated is no source of texts to compare."""
    with pytest.raises(ValueError, match="userName"):
        list(leaves({"userName": 1}, USER))


@given(document=documents())
def test_leaves_of_any_document_name_paths_that_resolve(document: dict[str, Any]) -> None:
    """Root and sub-attribute are the canonical path; only anchors have no text, one for each element."""
    found = list(leaves(document, USER))

    for leaf in found:
        path = resolve(f"{leaf.root}.{leaf.sub}" if leaf.sub else leaf.root, USER)
        assert (path.root, path.sub.name if path.sub else "") == (leaf.root, leaf.sub)
        assert (leaf.text == "") is path.target.is_complex
    assert len({(leaf.root, leaf.position, leaf.sub) for leaf in found}) == len(found)
