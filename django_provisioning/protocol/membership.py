"""Member operations of a group PATCH, apart from the document: groups are too large to be patched as one.

>>> from .core_schemas import GROUP
>>> from .patch import parse_patch
>>> body = {"Operations": [{"op": "remove", "path": 'members[value eq "2819c223"]'}]}
>>> split_members(parse_patch(body, GROUP))[1][0].values
('2819c223',)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .errors import InvalidValue, Mutability, NoTarget
from .filters import Compare, Filter, Operator, Or
from .patch_operations import Operation, PatchRequest

Kind = Literal["add", "remove", "replace", "remove_all", "remove_matching"]


@dataclass(frozen=True, slots=True)
class MemberChange:
    """A change of membership.

    ``values`` are the ids of members to add, to remove or to be left with (``replace``). A ``filter`` comes
    with ``remove_matching`` only, when it asks for more than ids. ``labels`` is what the client calls members
    (``display``), by their ids.
    """

    kind: Kind
    values: tuple[str, ...] = ()
    filter: Filter | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


def split_members(
    request: PatchRequest, attribute_name: str = "members"
) -> tuple[PatchRequest, tuple[MemberChange, ...]]:
    """Give the request without its operations on members, and those as changes in their order.

    Raises:
        InvalidValue: a member has no value.
        Mutability: an operation would change sub-attributes of members, which are immutable.
        NoTarget: a write goes to members that a filter chooses by more than their id.
    """
    others: list[Operation] = []
    changes: list[MemberChange] = []
    for operation in request.operations:
        if operation.path.root != attribute_name:
            others.append(operation)
        elif (change := _change(operation)) is not None:
            changes.append(change)
    return replace(request, operations=tuple(others)), tuple(changes)


def _change(operation: Operation) -> MemberChange | None:
    """Give the change that an operation means, None when it changes nothing."""
    _refuse_immutable(operation)
    if operation.path.filter is not None:
        return _chosen_change(operation, operation.path.filter)
    if operation.op == "remove":
        return MemberChange("remove_all") if operation.value is None else _some("remove", operation.value)
    if operation.op == "replace":
        return listed("replace", operation.value or ())
    return _some("add", operation.value or ())


def _refuse_immutable(operation: Operation) -> None:
    """Refuse to change a member; its display name is not the group's to keep, so that is no change."""
    sub = operation.path.sub
    if sub is not None and (sub.mutability == "immutable" or sub.name == "value"):
        raise Mutability("Members cannot be changed: remove the old one and add the new one.")


def _chosen_change(operation: Operation, chosen: Filter) -> MemberChange | None:
    ids = _ids_of(chosen)
    if operation.path.sub is not None:
        return None
    if operation.op == "remove":
        return MemberChange("remove", ids) if ids else MemberChange("remove_matching", filter=chosen)
    if not ids:
        raise NoTarget("Members are added by their ids: put them into the value.")
    return MemberChange("add", ids)


def _ids_of(chosen: Filter) -> tuple[str, ...]:
    """Give the ids that ``value eq "…"``, or several of them joined by or, name; () for other filters."""
    terms = chosen.terms if isinstance(chosen, Or) else (chosen,)
    ids: list[str] = []
    for term in terms:
        if (
            not isinstance(term, Compare)
            or term.operator is not Operator.EQ
            or term.path.target.name != "value"
        ):
            return ()
        ids.append(term.text)
    return tuple(dict.fromkeys(ids))


def listed(kind: Kind, elements: Sequence[Any]) -> MemberChange:
    """Give the change for elements of ``members``.

    Raises:
        InvalidValue: an element has no value.
    """
    ids = _ids(elements)
    labels = {element["value"]: element["display"] for element in elements if element.get("display")}
    return MemberChange(kind, ids, labels=labels if kind != "remove" else {})


def _some(kind: Kind, elements: Sequence[Any]) -> MemberChange | None:
    return listed(kind, elements) if elements else None


def _ids(elements: Iterable[Any]) -> tuple[str, ...]:
    """Give the ids of members, each once (RFC 7643 §2.4)."""
    ids: dict[str, None] = {}
    for element in elements:
        value = element.get("value") if isinstance(element, dict) else None
        if not value:
            raise InvalidValue("Each member needs its id in 'value'.")
        ids[value] = None
    return tuple(ids)
