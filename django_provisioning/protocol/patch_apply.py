"""What an operation makes of the value of its attribute (RFC 7644 §3.5.2.1 to §3.5.2.3).

Pure: the old value is never changed. An element that an operation leaves as it is stays the same object; that
is how a value just made primary is told from the one that was before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Any

from .canonical import frozen
from .comparison import is_case_exact
from .errors import InvalidValue, NoTarget
from .filters import Filter
from .matching import select
from .patch_operations import Operation
from .schema import Attribute
from .tolerance import Tolerance
from .values import is_primary


def changed_value(old: Any, operation: Operation, tolerance: Tolerance) -> Any:
    """Give the value of the attribute after the operation; None when it is unassigned.

    Raises:
        NoTarget: the filter of an add or a replace selects nothing and describes no element.
        InvalidValue: the new element contradicts the filter it was described by.
    """
    attribute = operation.path.attribute
    if attribute.multi_valued:
        return _with_one_primary(old or [], _elements(old or [], operation, tolerance))
    if attribute.is_complex:
        part = _part(operation)
        return None if part is None else _merged(old or {}, part)
    return None if operation.op == "remove" else operation.value


def _part(operation: Operation) -> dict[str, Any] | None:
    """Give the sub-attributes that an operation assigns; None when it unassigns the whole value."""
    value = None if operation.op == "remove" else operation.value
    return value if operation.path.sub is None else {operation.path.sub.name: value}


def _merged(old: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Assign sub-attributes; those that are not named stay (RFC 7644 §3.5.2.3)."""
    new = {name: value for name, value in {**old, **part}.items() if value is not None}
    return old if new == old else new


def _elements(old: list[Any], operation: Operation, tolerance: Tolerance) -> list[Any]:
    if operation.path.filter is not None:
        return _chosen(old, operation, operation.path.filter, tolerance)
    if operation.path.sub is not None:
        return _every(old, operation)
    if operation.op == "add":
        return _added(old, operation.value or [], operation.path.attribute)
    if operation.op == "remove" and operation.value is not None:
        return _without(old, operation.value, operation.path.attribute)
    return [] if operation.op == "remove" else list(operation.value or [])


def _added(old: list[Any], values: list[Any], attribute: Attribute) -> list[Any]:
    """Append the values that are not there yet (RFC 7644 §3.5.2.1)."""
    present = {_comparable_key(element, attribute) for element in old}
    new = list(old)
    for value in values:
        key = _comparable_key(value, attribute)
        if key not in present:
            present.add(key)
            new.append(value)
    return new


def _without(old: list[Any], values: list[Any], attribute: Attribute) -> list[Any]:
    """Drop the elements that a remove names by its value: by ``value`` and, if it is named, ``type``.

    What else the client says of an element, such as ``display``, may be out of date. Elements that have no
    ``value`` sub-attribute are named by all that the client says.
    """
    # By the names that are said, so that many elements and many values cost their sum, not their product.
    said: dict[tuple[str, ...], set[tuple[Hashable, ...]]] = defaultdict(set)
    for value in values:
        keys = _sub_keys(value, attribute)
        names = tuple(name for name in keys if "value" not in keys or name in ("value", "type"))
        said[names].add(tuple(keys[name] for name in names))

    def is_named(element: Any) -> bool:
        keys = _sub_keys(element, attribute)
        return any(tuple(keys.get(name) for name in names) in found for names, found in said.items())

    return [element for element in old if not is_named(element)]


def _every(old: list[Any], operation: Operation) -> list[Any]:
    """Write or remove a sub-attribute of every element; a write to none makes one."""
    part = _part(operation) or {}
    if not old and any(value is not None for value in part.values()):
        return [part]
    return [merged for element in old if (merged := _merged(element, part))]


def _chosen(old: list[Any], operation: Operation, chosen: Filter, tolerance: Tolerance) -> list[Any]:
    """Write or remove the elements that the filter chooses."""
    path = operation.path
    indexes = _select(chosen, old, path.attribute)
    if not indexes:
        return _described(old, operation, chosen, tolerance)
    if operation.op == "remove" and path.sub is None:
        return [element for index, element in enumerate(old) if index not in indexes]
    new: list[Any] = []
    for index, element in enumerate(old):
        written = _written(element, operation) if index in indexes else element
        if written is not None and written != {}:
            new.append(written)
    return new


def _written(element: Any, operation: Operation) -> Any:
    """Give a chosen element after the operation; a complex one keeps what is not named."""
    if not operation.path.attribute.is_complex:
        return operation.value
    return _merged(element, _part(operation) or {})


def _described(old: list[Any], operation: Operation, chosen: Filter, tolerance: Tolerance) -> list[Any]:
    """Answer a filter that chooses nothing: a removal changes nothing, a write makes the element or fails.

    RFC 7644 §3.5.2.3 asks for noTarget; Entra ID counts on the element being made when the filter says no
    more than what it is like (IDPS.md, last table).
    """
    path, part = operation.path, _part(operation)
    if operation.op == "remove" or (path.sub is not None and operation.value is None):
        return old
    if path.described is None or not tolerance.filter_makes_value:
        raise NoTarget(f"The filter of {path.key!r} selects no value.")
    is_complex = path.attribute.is_complex
    element = _merged(path.described, part or {}) if is_complex else operation.value
    if not _select(chosen, [element], path.attribute):
        raise InvalidValue(f"The value contradicts the filter of {path.key!r}.")
    if is_complex and _is_the_one(old, path.described):
        return [_merged(old[0], element)]
    return [*old, element]


def _is_the_one(old: list[Any], described: Mapping[str, Any]) -> bool:
    """Whether the only value is the primary one and says nothing of what the filter asks.

    Servers that IdPs were moved from write ``[{"value": "ada@example.com", "primary": true}]``; Entra ID then writes
    ``emails[type eq "work"].value`` and means that address, not a second one that nobody reads.
    """
    return len(old) == 1 and is_primary(old[0]) and not set(described) & set(old[0])


def _select(chosen: Filter, elements: list[Any], attribute: Attribute) -> frozenset[int]:
    """Give the indexes of the elements that the filter chooses, each looked at alone: the cost is linear."""
    return frozenset(index for index, element in enumerate(elements) if select(chosen, [element], attribute))


def _with_one_primary(old: list[Any], new: list[Any]) -> list[Any]:
    """Let the value just made primary take it from the old one (RFC 7644 §3.5.2)."""
    primary = [index for index, element in enumerate(new) if is_primary(element)]
    if len(primary) < 2:
        return new
    before = {id(element) for element in old}
    made = [index for index in primary if id(new[index]) not in before]
    winner = made[-1] if made else primary[0]
    return [
        {**element, "primary": False} if index in primary and index != winner else element
        for index, element in enumerate(new)
    ]


def _comparable_key(element: Any, attribute: Attribute) -> Hashable:
    if isinstance(element, dict):
        return frozenset(_sub_keys(element, attribute).items())
    return _key(element, attribute)


def _sub_keys(element: Any, attribute: Attribute) -> dict[str, Hashable]:
    """Give a hashable for each sub-attribute; a simple element stands under ``value``."""
    if not isinstance(element, dict):
        return {"value": _key(element, attribute)}
    return {
        name: _key(value, sub) if (sub := attribute.sub(name)) else frozen(value)
        for name, value in element.items()
    }


def _key(value: Any, attribute: Attribute) -> Hashable:
    """Give a hashable that ignores case where the attribute does."""
    if isinstance(value, str) and not is_case_exact(attribute):
        return frozen(value.casefold())
    return frozen(value)
