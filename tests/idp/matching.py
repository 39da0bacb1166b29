"""Partial matching of JSON: what a story demands of a body, compared with what came."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final


class _Missing:
    """The actual value of a key that is not there."""

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def mismatches(expected: Any, actual: Any, where: str = "body") -> list[str]:
    """Give one sentence for each demand that ``actual`` does not meet; none when it meets them all.

    An object demands its keys and leaves others alone; an array demands as many elements, in any order (SCIM
    arrays have none, RFC 7643 §2.4); an object whose single key is an operator demands what README.md says.

    >>> mismatches({"active": False}, {"active": False, "id": "7"})
    []
    >>> mismatches({"active": False}, {"active": "False"})
    ["body.active: expected False, got 'False'"]
    """
    if isinstance(expected, dict) and len(expected) == 1:
        operator, argument = next(iter(expected.items()))
        if operator in OPERATORS:
            return OPERATORS[operator](argument, actual, where)
    if isinstance(expected, dict):
        return _object_mismatches(expected, actual, where)
    if isinstance(expected, list):
        return _array_mismatches(expected, actual, where)
    if type(expected) is not type(actual) or expected != actual:
        return [f"{where}: expected {expected!r}, got {actual!r}"]
    return []


def keys_within(document: Any) -> set[str]:
    """Give every key at any depth of a document."""
    if isinstance(document, dict):
        return set(document).union(*(keys_within(value) for value in document.values()))
    if isinstance(document, list):
        return set().union(*(keys_within(element) for element in document))
    return set()


def _object_mismatches(expected: dict[str, Any], actual: Any, where: str) -> list[str]:
    if not isinstance(actual, dict):
        return [f"{where}: expected an object, got {actual!r}"]
    return [
        problem
        for key, demand in expected.items()
        for problem in mismatches(demand, actual.get(key, MISSING), f"{where}.{key}")
    ]


def _array_mismatches(expected: list[Any], actual: Any, where: str) -> list[str]:
    if not isinstance(actual, list):
        return [f"{where}: expected an array, got {actual!r}"]
    if len(expected) != len(actual):
        return [f"{where}: expected {len(expected)} elements, got {len(actual)}: {actual!r}"]
    return _contains(expected, actual, where)


def _contains(expected: list[Any], actual: Any, where: str) -> list[str]:
    if not isinstance(actual, list):
        return [f"{where}: expected an array, got {actual!r}"]
    if _assignable(expected, actual):
        return []
    return [f"{where}: no distinct elements for {expected!r} in {actual!r}"]


def _assignable(expected: list[Any], actual: list[Any]) -> bool:
    """Say whether each demand has an element of its own."""
    if not expected:
        return True
    first, *others = expected
    return any(
        not mismatches(first, element) and _assignable(others, actual[:index] + actual[index + 1 :])
        for index, element in enumerate(actual)
    )


def _present(_argument: Any, actual: Any, where: str) -> list[str]:
    return [f"{where}: expected a value, got {actual!r}"] if actual in (MISSING, None, "", [], {}) else []


def _absent(_argument: Any, actual: Any, where: str) -> list[str]:
    return [] if actual is MISSING else [f"{where}: expected nothing, got {actual!r}"]


def _empty(_argument: Any, actual: Any, where: str) -> list[str]:
    return [] if actual in (MISSING, []) else [f"{where}: expected no element, got {actual!r}"]


def _of_type(name: str, actual: Any, where: str) -> list[str]:
    is_right = isinstance(actual, _TYPES[name]) and not (name == "integer" and isinstance(actual, bool))
    return [] if is_right else [f"{where}: expected {name}, got {actual!r}"]


def _of_size(size: int, actual: Any, where: str) -> list[str]:
    is_right = isinstance(actual, list) and len(actual) == size
    return [] if is_right else [f"{where}: expected {size} elements, got {actual!r}"]


def _matches(pattern: str, actual: Any, where: str) -> list[str]:
    is_right = isinstance(actual, str) and re.fullmatch(pattern, actual) is not None
    return [] if is_right else [f"{where}: expected a text like {pattern!r}, got {actual!r}"]


def _differs(unwanted: Any, actual: Any, where: str) -> list[str]:
    return [] if mismatches(unwanted, actual) else [f"{where}: expected anything but {unwanted!r}"]


OPERATORS: Final[dict[str, Callable[[Any, Any, str], list[str]]]] = {
    "$any": _present,
    "$absent": _absent,
    "$empty": _empty,
    "$type": _of_type,
    "$size": _of_size,
    "$contains": _contains,
    "$matches": _matches,
    "$not": _differs,
}
