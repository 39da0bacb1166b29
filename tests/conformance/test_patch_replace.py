"""PATCH replace (RFC 7644 §3.5.2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import ENTERPRISE, USER, patched, read, refusal
from tests.scim_client import ScimClient

WORK = {"value": "ada@example.com", "type": "work", "display": "Work"}
HOME = {"value": "ada@example.org", "type": "home"}


@pytest.fixture
def ada(scim: ScimClient) -> dict[str, Any]:
    """Make a person with something to replace."""
    return scim.create_user(
        "ada", title="Engineer", name={"givenName": "Ada", "familyName": "Lindgren"}, emails=[WORK, HOME]
    )


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.3", "B146 replace of a complex attribute leaves unnamed sub-attributes"
)
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "name", "value": {"familyName": "Berg"}},
        {"op": "replace", "value": {"name": {"familyName": "Berg"}}},
    ],
)
def test_replace_of_a_complex_attribute_keeps_the_rest(
    scim: ScimClient, ada: dict[str, Any], operation: dict[str, Any]
) -> None:
    """Sub-attributes that the value does not name stay."""
    after = patched(scim, f"/Users/{ada['id']}", operation)

    assert after["name"] == {"givenName": "Ada", "familyName": "Berg"}


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B147 replace of a multi-valued attribute replaces all values")
@pytest.mark.parametrize("path", [True, False])
def test_replace_of_a_multi_valued_attribute_replaces_all(
    scim: ScimClient, ada: dict[str, Any], path: bool
) -> None:
    """The new values are the only ones."""
    new = [{"value": "new@example.com", "type": "other"}]
    operation = {"path": "emails", "value": new} if path else {"value": {"emails": new}}

    after = patched(scim, f"/Users/{ada['id']}", {"op": "replace", **operation})

    assert after["emails"] == new


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B148 replace of an absent attribute adds it")
def test_replace_of_an_absent_attribute_adds(scim: ScimClient, ada: dict[str, Any]) -> None:
    """Simple, complex, multi-valued and extension attributes need not be there."""
    after = patched(
        scim,
        f"/Users/{ada['id']}",
        {"op": "replace", "path": "nickName", "value": "A"},
        {"op": "replace", "path": "phoneNumbers", "value": [{"value": "+1-555-0100"}]},
        {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "R&D"},
    )

    assert (after["nickName"], after["phoneNumbers"]) == ("A", [{"value": "+1-555-0100"}])
    assert after[ENTERPRISE] == {"department": "R&D"}
    assert set(after["schemas"]) == {USER, ENTERPRISE}


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B149 replace without path replaces the named attributes only")
def test_replace_without_path_replaces_the_named(scim: ScimClient, ada: dict[str, Any]) -> None:
    """What the value does not name stays."""
    after = patched(
        scim, f"/Users/{ada['id']}", {"op": "replace", "value": {"title": "Boss", "active": False}}
    )

    assert (after["title"], after["active"]) == ("Boss", False)
    assert (after["name"], after["emails"]) == (ada["name"], ada["emails"])


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B150 replace of a sub-attribute by filter changes only that")
def test_replace_of_a_sub_attribute_by_filter_changes_only_that(
    scim: ScimClient, ada: dict[str, Any]
) -> None:
    """The chosen element keeps its other sub-attributes, the other elements are untouched."""
    operation = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "boss@example.com"}

    after = patched(scim, f"/Users/{ada['id']}", operation)

    assert after["emails"] == [{**WORK, "value": "boss@example.com"}, HOME]


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B151 replace of a whole element by filter")
def test_replace_of_an_element_by_filter_replaces_it(scim: ScimClient, ada: dict[str, Any]) -> None:
    """The chosen element is the new one; the others are untouched."""
    new = {"value": "boss@example.com", "type": "work", "display": "Boss"}

    after = patched(
        scim, f"/Users/{ada['id']}", {"op": "replace", "path": 'emails[type eq "work"]', "value": new}
    )

    assert after["emails"] == [new, HOME]


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.3", "B152 replace with a filter that matches nothing is 400 noTarget"
)
@pytest.mark.parametrize(
    "path", ['emails[type sw "fax"].value', "emails[not (type pr)].value", 'ims[value co "x"].display']
)
def test_replace_with_a_filter_that_describes_nothing_has_no_target(
    scim: ScimClient, ada: dict[str, Any], path: str
) -> None:
    """There is no such element, and the filter does not say what it would be like."""
    response = scim.patch(f"/Users/{ada['id']}", [{"op": "replace", "path": path, "value": "x@example.com"}])

    assert refusal(response) == (400, "noTarget")
    assert read(scim, f"/Users/{ada['id']}") == ada


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.3", "B153 an eq filter that matches nothing makes the element; strictly noTarget"
)
@pytest.mark.parametrize("op", ["add", "replace"])
def test_replace_with_an_eq_filter_that_matches_nothing_makes_the_element(
    scim: ScimClient, strict: ScimClient, ada: dict[str, Any], op: str
) -> None:
    """Entra ID counts on the element being made; a strict connection keeps to the letter."""
    operation = {"op": op, "path": 'emails[type eq "other"].value', "value": "o@example.com"}
    other = strict.create_user("ada")

    after = patched(scim, f"/Users/{ada['id']}", operation)

    assert after["emails"] == [WORK, HOME, {"type": "other", "value": "o@example.com"}]
    assert refusal(strict.patch(f"/Users/{other['id']}", [operation])) == (400, "noTarget")


@pytest.mark.compliance("RFC 7644", "3.5.2.3", "B154 replace with null unassigns")
@pytest.mark.parametrize(
    ("operation", "gone"),
    [
        ({"op": "replace", "path": "title", "value": None}, "title"),
        ({"op": "replace", "value": {"title": None}}, "title"),
        ({"op": "replace", "path": "emails", "value": []}, "emails"),
        ({"op": "replace", "path": "name", "value": None}, "name"),
    ],
)
def test_replace_with_null_unassigns(
    scim: ScimClient, ada: dict[str, Any], operation: dict[str, Any], gone: str
) -> None:
    """Null and [] leave no value."""
    after = patched(scim, f"/Users/{ada['id']}", operation)

    assert gone not in after
    assert ada.keys() - after.keys() == {gone}
