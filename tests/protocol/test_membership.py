"""Member operations of a group PATCH."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from django_provisioning.protocol.core_schemas import GROUP
from django_provisioning.protocol.errors import InvalidValue, Mutability, NoTarget, PayloadTooLarge, ScimError
from django_provisioning.protocol.filters import to_text
from django_provisioning.protocol.patch import MemberChange, parse_patch, split_members
from tests.protocol.json_values import json_values
from tests.protocol.patching import op


def changes(*operations: dict[str, Any]) -> tuple[MemberChange, ...]:
    """Give the changes of membership that operations mean."""
    return split_members(parse_patch({"Operations": list(operations)}, GROUP))[1]


@pytest.mark.compliance("RFC 7643", "4.2", "B155 group members: add, add again, remove by filter, remove all")
@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            op("add", "members", [{"value": "a"}, {"value": "b", "display": "B"}]),
            MemberChange("add", ("a", "b"), labels={"b": "B"}),
        ),
        (op("Add", "members", [{"$ref": None, "value": "a"}]), MemberChange("add", ("a",))),
        (op("add", "members", {"value": "a"}), MemberChange("add", ("a",))),
        (op("add", "members", ["a", "b", "a"]), MemberChange("add", ("a", "b"))),
        (op("add", None, {"members": [{"value": "a"}]}), MemberChange("add", ("a",))),
        (op("add", 'members[value eq "a"]', {"display": "A"}), MemberChange("add", ("a",))),
        (op("replace", 'members[value eq "a"]', {"value": "a"}), MemberChange("add", ("a",))),
        (op("replace", "members", [{"value": "a"}]), MemberChange("replace", ("a",))),
        (op("replace", "members", []), MemberChange("replace")),
        (op("replace", "members", None), MemberChange("replace")),
        (op("replace", None, {"members": []}), MemberChange("replace")),
        (op("remove", "members"), MemberChange("remove_all")),
        (op("remove", "members", None), MemberChange("remove_all")),
        (op("Remove", "members", [{"value": "a"}, {"value": "b"}]), MemberChange("remove", ("a", "b"))),
        (op("remove", "members", {"value": "a"}), MemberChange("remove", ("a",))),
        (op("remove", 'members[value eq "a"]'), MemberChange("remove", ("a",))),
        (op("remove", 'MEMBERS[VALUE EQ "Aa"]'), MemberChange("remove", ("Aa",))),
        (
            op("remove", 'members[value eq "a" or value eq "b" or value eq "a"]'),
            MemberChange("remove", ("a", "b")),
        ),
    ],
)
def test_split_members_every_form_is_one_change(operation: dict[str, Any], expected: MemberChange) -> None:
    """The forms of the RFC and those of Entra, Okta, JumpCloud and authentik."""
    assert changes(operation) == (expected,)


@pytest.mark.parametrize(
    "operation", [op("remove", "members", []), op("add", "members", []), op("add", "members", None)]
)
def test_split_members_empty_array_is_no_change(operation: dict[str, Any]) -> None:
    """Naming nobody removes nobody: a remove with a value never removes all."""
    assert changes(operation) == ()


def test_split_members_takes_more_than_an_attribute_of_a_document() -> None:
    """Ten thousand members in one request, not one more."""
    many = [{"value": str(index)} for index in range(10_001)]

    assert len(changes(op("add", "members", many[1:]))[0].values) == 10_000
    with pytest.raises(PayloadTooLarge, match="members"):
        changes(op("add", "members", many))


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ('type eq "Group"', 'members.type eq "group"'),
        ('value eq "a" and type eq "User"', 'members.value eq "a" and members.type eq "user"'),
        ('value eq "a" or type eq "User"', 'members.value eq "a" or members.type eq "user"'),
        ('value ne "a"', 'members.value ne "a"'),
        ('not (value eq "a")', 'not (members.value eq "a")'),
    ],
)
def test_split_members_other_filters_are_handed_on(choice: str, text: str) -> None:
    """A removal by more than ids keeps its filter for the caller to run."""
    (change,) = changes(op("remove", f"members[{choice}]"))

    assert change.kind == "remove_matching"
    assert change.values == ()
    assert change.filter is not None
    assert to_text(change.filter) == text


def test_split_members_keeps_order_and_leaves_other_operations() -> None:
    """Okta renames, removes and adds in one request; the rename stays a PATCH of the document."""
    request = parse_patch(
        {
            "Operations": [
                op("remove", 'members[value eq "a"]'),
                op("replace", None, {"id": "g", "displayName": "Staff"}),
                op("add", "members", [{"value": "b"}]),
            ]
        },
        GROUP,
    )

    others, members = split_members(request)

    assert [operation.path.root for operation in others.operations] == ["displayName"]
    assert others.asserted == {"id": "g"}
    assert members == (MemberChange("remove", ("a",)), MemberChange("add", ("b",)))


@pytest.mark.parametrize("name", ["add", "replace", "remove"])
@pytest.mark.parametrize("member", [{"display": "A"}, {"value": ""}, {"value": "x", "type": "User"}])
def test_split_members_member_without_value_is_invalid_value(name: str, member: dict[str, Any]) -> None:
    """A member is its id; the rest cannot stand for it."""
    operation = op(name, "members", [{"value": "a"}, member])

    if member.get("value"):
        assert changes(operation)[0].values == ("a", "x")
    else:
        with pytest.raises(InvalidValue, match="value"):
            changes(operation)


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", 'members[value eq "a"].value', "b"),
        op("add", "members.value", "b"),
        op("remove", "members.value"),
        op("remove", 'members[value eq "a"].value'),
        op("replace", 'members[value eq "a"].type', "Group"),
    ],
)
def test_split_members_change_of_a_member_is_mutability(operation: dict[str, Any]) -> None:
    """RFC 7643 §4.2: the sub-attributes of a member are immutable."""
    with pytest.raises(Mutability):
        changes(operation)


def test_split_members_display_of_a_member_is_not_the_groups() -> None:
    """Its display follows the member: a write to it is accepted and changes nothing."""
    assert changes(op("replace", 'members[value eq "a"].display', "A")) == ()


@pytest.mark.parametrize("choice", ['type eq "User"', 'value ne "a"', 'value sw "a"'])
def test_split_members_write_to_chosen_members_is_no_target(choice: str) -> None:
    """Nobody is made a member by a filter that does not name them."""
    with pytest.raises(NoTarget):
        changes(op("add", f"members[{choice}]", {"display": "x"}))


@given(json_values())
def test_split_members_any_json_raises_scim_errors_only(payload: Any) -> None:
    """No body makes anything but a ScimError."""
    with suppress(ScimError):
        split_members(parse_patch(payload, GROUP))
