"""Canonical documents: where an attribute stands in one, and what ``schemas`` must say about it.

A canonical document spells every name as its schema does, keeps the attributes of an extension in an object
under the extension's URN, and holds nothing that is unassigned. Documents are never changed in place by a
caller that got one: ``put()`` replaces the objects on the way, so that a shallow copy is copy enough.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .path import AttributePath
from .schema import ResourceType


def value_at(document: dict[str, Any], path: AttributePath) -> Any:
    """Give the whole value of the attribute (its sub-attribute is not looked at), None when unassigned."""
    if path.extension is None:
        return document.get(path.attribute.name)
    return document.get(path.extension, {}).get(path.attribute.name)


def put(document: dict[str, Any], path: AttributePath, value: Any) -> None:
    """Assign the whole value of the attribute; None, [] and {} unassign it (RFC 7643 §2.5)."""
    if path.extension is None:
        _assign(document, path.attribute.name, value)
        return
    attributes = dict(document.get(path.extension, {}))
    _assign(attributes, path.attribute.name, value)
    _assign(document, path.extension, attributes)


def schemas_of(document: dict[str, Any], resource_type: ResourceType) -> list[str]:
    """Give the URNs of the core schema and of the extensions that have a value (RFC 7643 §3)."""
    urns = (extension.schema.id for extension in resource_type.extensions)
    return [resource_type.schema.id, *(urn for urn in urns if document.get(urn))]


def is_empty(value: Any) -> bool:
    """Tell whether a value means "unassigned" (RFC 7643 §2.5)."""
    return value is None or value in ([], {})


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two values of an attribute are the same; the order of elements means nothing."""
    if one == other:
        return True
    if not (isinstance(one, list) and isinstance(other, list)) or len(one) != len(other):
        return False
    return _counted(one) == _counted(other)


def _counted(elements: list[Any]) -> dict[Hashable, int]:
    counts: dict[Hashable, int] = {}
    for element in elements:
        key = frozen(element)
        counts[key] = counts.get(key, 0) + 1
    return counts


def frozen(value: Any) -> Hashable:
    """Give a hashable stand-in: equal values have equal ones, ``True`` and ``1`` do not."""
    if isinstance(value, dict):
        return frozenset((name, frozen(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(frozen(item) for item in value)
    return type(value) is bool, value


def _assign(target: dict[str, Any], name: str, value: Any) -> None:
    if is_empty(value):
        target.pop(name, None)
    else:
        target[name] = value
