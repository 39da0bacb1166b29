"""PATCH as clients send it, primary values and sequences of operations."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER, USER_URN
from django_provisioning.protocol.errors import (
    InvalidValue,
    NoTarget,
)
from django_provisioning.protocol.messages import PATCH_OP_URN
from django_provisioning.protocol.patch import parse_patch
from django_provisioning.protocol.tolerance import STRICT
from tests.protocol.patching import ADA, HOME, WORK, after, op, patch


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.3", "B152 replace with a filter that matches nothing is 400 noTarget"
)
@pytest.mark.parametrize("name", ["add", "replace"])
@pytest.mark.parametrize(
    "choice",
    [
        'type ne "work" and type ne "home"',
        'type eq "x" or type eq "y"',
        'value co "zz"',
        "not (type pr)",
        'type eq null and value eq "x"',
    ],
)
def test_patch_write_to_nothing_is_no_target(name: str, choice: str) -> None:
    """A filter that does not say what the element is like cannot make it."""
    with pytest.raises(NoTarget):
        patch(op(name, f"emails[{choice}].value", "x"))


@pytest.mark.compliance(
    "RFC 7644", "3.5.2.3", "B153i replace with a plain eq filter that matches nothing is 400 noTarget"
)
@pytest.mark.parametrize("name", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value", "made"),
    [
        ('emails[type eq "Other"].value', "X@example.com", {"type": "Other", "value": "X@example.com"}),
        ('emails[type eq "other"]', {"value": "x"}, {"type": "other", "value": "x"}),
        ('emails[type eq "other"]', [{"value": "x"}], {"type": "other", "value": "x"}),
        (
            'emails[(type eq "other") and primary eq "False"].value',
            "x",
            {"type": "other", "primary": False, "value": "x"},
        ),
        (
            'emails[value eq "New\\u00e9@example.com"].type',
            "other",
            {"value": "Newé@example.com", "type": "other"},
        ),
        ('emails[value eq "x"].value', "x", {"value": "x"}),
    ],
)
def test_patch_write_to_described_element_makes_it(
    name: str, path: str, value: Any, made: dict[str, Any]
) -> None:
    """Entra counts on the element being made, spelled as the client spelled it; strict is noTarget."""
    assert after(op(name, path, value))["emails"] == [WORK, HOME, made]
    with pytest.raises(NoTarget):
        patch(op(name, path, value), tolerance=STRICT)


@pytest.mark.parametrize(
    ("path", "value"),
    [('emails[type eq "other"].type', "mine"), ('emails[type eq "a" and type eq "b"].value', "x")],
)
def test_patch_described_element_that_contradicts_its_filter_is_invalid_value(path: str, value: str) -> None:
    """What is made must be what the filter means, or the next operation would make it again."""
    with pytest.raises(InvalidValue, match="contradicts"):
        patch(op("replace", path, value))


def test_patch_single_role_of_entra_is_made_and_found_again() -> None:
    """SingleAppRoleAssignment writes roles[primary eq "True"].value."""
    path = 'roles[primary eq "True"].value'

    document = after(op("Add", path, "Auditor"), op("Replace", path, "Admin"))

    assert document["roles"] == [{"primary": True, "value": "Admin"}]


@pytest.mark.compliance("RFC 7644", "3.5.2", "B119 making a value primary takes it from the old one")
@pytest.mark.parametrize(
    ("operation", "primary"),
    [
        (op("add", "emails", [{"value": "x", "primary": True}]), ["x"]),
        (op("replace", 'emails[type eq "home"].primary', True), ["ada@example.org"]),
        (op("add", 'emails[type eq "home"]', {"primary": "True"}), ["ada@example.org"]),
        (op("replace", 'emails[type eq "other"]', {"value": "x", "primary": True}), ["x"]),
        (op("replace", "emails", [{"value": "x", "primary": True}, {"value": "y", "primary": True}]), ["y"]),
        (op("replace", "emails.primary", True), ["ada@example.org"]),
        (op("replace", 'emails[type eq "work"].value', "z"), ["z"]),
        (op("remove", 'emails[type eq "work"]'), []),
    ],
)
def test_patch_new_primary_takes_it_from_the_old_one(operation: dict[str, Any], primary: list[str]) -> None:
    """At most one value is primary: the one that was just made so."""
    emails = after(operation)["emails"]

    assert [email["value"] for email in emails if email.get("primary") is True] == primary


@pytest.mark.parametrize("path", ['emails[type eq "home"].primary', "emails.primary"])
def test_patch_new_primary_wins_whatever_its_place(path: str) -> None:
    """What counts is which value was made primary now, not which comes last."""
    emails = after(op("replace", path, True), document={**ADA, "emails": [HOME, WORK]})["emails"]

    assert emails == [{**HOME, "primary": True}, {**WORK, "primary": False}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"name.givenName": "A.", "name.familyName": "L."},
            {"name": {"givenName": "A.", "familyName": "L."}},
        ),
        ({f"{ENTERPRISE_URN}:department": "R&D"}, {ENTERPRISE_URN: {"department": "R&D"}}),
        ({f"{ENTERPRISE_URN}:manager": "2"}, {ENTERPRISE_URN: {"manager": {"value": "2"}}}),
        ({ENTERPRISE_URN: {"manager.value": "2"}}, {ENTERPRISE_URN: {"manager": {"value": "2"}}}),
        ({'emails[type eq "work"].value': "x"}, {"emails": [{**WORK, "value": "x"}, HOME]}),
        ({f"{USER_URN}:title": "Lady"}, {"title": "Lady"}),
        ({USER_URN: {"title": "Lady"}}, {"title": "Lady"}),
    ],
)
def test_patch_keys_without_path_are_paths(value: dict[str, Any], expected: dict[str, Any]) -> None:
    """Entra's second dialect and the Microsoft validator use paths as keys."""
    document = after(op("replace", None, value))

    assert {name: document[name] for name in expected} == expected


@pytest.mark.parametrize(
    "value",
    [{"name.givenName": "A."}, {f"{ENTERPRISE_URN}:department": "x"}, {'emails[type eq "work"].value': "x"}],
)
def test_patch_keys_that_are_paths_are_refused_when_strict(value: dict[str, Any]) -> None:
    """The RFC knows attribute names there."""
    with pytest.raises(InvalidValue):
        patch(op("replace", None, value), tolerance=STRICT)


@pytest.mark.parametrize(
    "value",
    [{"shoeSize": 38}, {"name.nick": "x"}, {"urn:example:x": {"a": 1}}, {'emails[shoe eq "x"].value': "x"}],
)
def test_patch_unknown_keys_are_recorded_or_refused(value: dict[str, Any]) -> None:
    """An unknown name in a value is recorded; strict refuses it."""
    result = patch(op("replace", None, {**value, "title": "Lady"}))

    assert result.document == {**ADA, "title": "Lady"}
    assert result.ignored == tuple(value)
    with pytest.raises(InvalidValue):
        patch(op("replace", None, value), tolerance=STRICT)


def test_patch_identifying_members_of_a_value_are_asserted_not_written() -> None:
    """Okta and authentik repeat id, schemas and meta in the value: the caller compares them."""
    value = {"ID": "1", "schemas": [USER_URN], "meta": {"version": "x"}, "title": "Lady"}
    payload = {"schemas": [PATCH_OP_URN], "Operations": [op("replace", None, value)]}

    request = parse_patch(payload, USER)

    assert request.asserted == {"id": "1", "schemas": [USER_URN], "meta": {"version": "x"}}
    assert [operation.path.root for operation in request.operations] == ["title"]


@pytest.mark.parametrize(
    ("path", "value", "manager"),
    [
        (f"{ENTERPRISE_URN}:manager", "2", {"value": "2"}),
        (f"{ENTERPRISE_URN}:manager", {"value": "2"}, {"value": "2", "$ref": "https://example.com/Users/1"}),
        (f"{ENTERPRISE_URN}:manager.value", "2", {"value": "2", "$ref": "https://example.com/Users/1"}),
        (f"{ENTERPRISE_URN}:manager", "", None),
        (f"{ENTERPRISE_URN}:manager", None, None),
    ],
)
def test_patch_manager_as_text_is_the_whole_manager(
    path: str, value: Any, manager: dict[str, Any] | None
) -> None:
    """Entra's bare string says nothing of the old manager's $ref; "" clears."""
    before = {"manager": {"value": "1", "$ref": "https://example.com/Users/1"}, "department": "x"}

    extension = after(op("replace", path, value), document={**ADA, ENTERPRISE_URN: before})[ENTERPRISE_URN]

    assert extension.get("manager") == manager
