"""PATCH add (RFC 7644 §3.5.2.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import ENTERPRISE, USER, patched
from tests.scim_client import ScimClient

WORK = {"value": "ada@example.com", "type": "work"}


@pytest.fixture
def ada(scim: ScimClient) -> dict[str, Any]:
    """Make a person with a title and one e-mail."""
    return scim.create_user("ada", title="Engineer", emails=[WORK])


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B129 add without path merges the attributes")
def test_add_without_path_merges(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Named attributes are added, values of a multi-valued one appended, the rest stays."""
    home = {"value": "ada@example.org", "type": "home"}

    after = patched(scim, f"/Users/{ada['id']}", {"op": "add", "value": {"nickName": "A", "emails": [home]}})

    assert (after["nickName"], after["title"]) == ("A", "Engineer")
    assert after["emails"] == [WORK, home]


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B130 add to a multi-valued attribute appends")
@pytest.mark.parametrize("shape", ["list", "object"])
def test_add_to_a_multi_valued_attribute_appends(scim: ScimClient, ada: dict[str, Any], shape: str) -> None:
    """The values that were there stay; one value may come without its array."""
    home = {"value": "ada@example.org", "type": "home"}
    value = [home] if shape == "list" else home

    after = patched(scim, f"/Users/{ada['id']}", {"op": "add", "path": "emails", "value": value})

    assert after["emails"] == [WORK, home]


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B131 adding a value that is there changes nothing")
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "title", "value": "Engineer"},
        {"op": "add", "path": "emails", "value": [WORK]},
        {"op": "add", "value": {"title": "Engineer", "emails": [WORK]}},
    ],
)
def test_add_of_a_present_value_leaves_the_resource_alone(
    scim: ScimClient, ada: dict[str, Any], operation: dict[str, Any]
) -> None:
    """Nothing changes, not even lastModified or the version."""
    assert patched(scim, f"/Users/{ada['id']}", operation) == ada


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B132 adding a value that is there makes no duplicate")
def test_add_of_a_present_and_a_new_value_adds_the_new_one(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Of two values the one that is there already is not added again."""
    home = {"value": "ada@example.org", "type": "home"}

    after = patched(scim, f"/Users/{ada['id']}", {"op": "add", "path": "emails", "value": [WORK, home, home]})

    assert after["emails"] == [WORK, home]


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B133 add to an existing simple attribute replaces it")
def test_add_to_a_simple_attribute_replaces(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A simple attribute has one value."""
    after = patched(scim, f"/Users/{ada['id']}", {"op": "add", "path": "title", "value": "Boss"})

    assert after["title"] == "Boss"


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.1", "B134 add to a sub-attribute of an absent complex attribute makes it"
)
def test_add_to_a_sub_attribute_makes_its_parent(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Name need not be there for name.middleName to be added."""
    assert "name" not in ada

    after = patched(scim, f"/Users/{ada['id']}", {"op": "add", "path": "name.middleName", "value": "Maria"})

    assert after["name"] == {"middleName": "Maria"}


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.1", "B135 an extension attribute by URN path, and its URN joins schemas"
)
def test_add_of_an_extension_attribute_joins_schemas(scim: ScimClient, ada: dict[str, Any]) -> None:
    """The path may name an attribute or a sub-attribute of an extension."""
    assert ada["schemas"] == [USER]

    after = patched(
        scim,
        f"/Users/{ada['id']}",
        {"op": "add", "path": f"{ENTERPRISE}:department", "value": "R&D"},
        {"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": "boss-1"},
    )

    assert after[ENTERPRISE] == {"department": "R&D", "manager": {"value": "boss-1"}}
    assert set(after["schemas"]) == {USER, ENTERPRISE}


@pytest.mark.compliance("RFC 7644", "3.5.2.1", "B136 an extension object without path")
def test_add_of_an_extension_object_merges(scim: ScimClient, ada: dict[str, Any]) -> None:
    """The value holds the extension under its URN; what the extension had stays."""
    patched(scim, f"/Users/{ada['id']}", {"op": "add", "value": {ENTERPRISE: {"department": "R&D"}}})

    after = patched(scim, f"/Users/{ada['id']}", {"op": "add", "value": {ENTERPRISE: {"division": "North"}}})

    assert after[ENTERPRISE] == {"department": "R&D", "division": "North"}


@pytest.mark.compliance("RFC 7644", "3.10", "B137 core attributes by URN path in PATCH")
def test_add_at_the_urn_of_a_core_attribute(scim: ScimClient, ada: dict[str, Any]) -> None:
    """A core attribute may be named with the core schema's URN."""
    after = patched(
        scim,
        f"/Users/{ada['id']}",
        {"op": "add", "path": f"{USER}:title", "value": "Boss"},
        {"op": "add", "path": f"{USER}:name.givenName", "value": "Ada"},
        {"op": "replace", "path": f'{USER}:emails[type eq "work"].value', "value": "boss@example.com"},
    )

    assert (after["title"], after["name"]["givenName"]) == ("Boss", "Ada")
    assert after["emails"] == [{"value": "boss@example.com", "type": "work"}]
