"""A document as a flat list of comparable texts: what filters are run on, in memory and in SQL alike.

>>> from .core_schemas import USER
>>> document = {"userName": "Ada", "emails": [{"value": "A@example.com", "primary": True}]}
>>> for leaf in leaves(document, USER): print(leaf.root, leaf.position, repr(leaf.sub), repr(leaf.text))
userName 0 '' 'ada'
emails 0 '' ''
emails 0 'value' 'a@example.com'
emails 0 'primary' 'true'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .comparison import comparable
from .schema import Attribute, ResourceType


@dataclass(frozen=True, slots=True)
class Leaf:
    """A present value.

    ``root`` is ``AttributePath.root``; ``position`` the index in a multi-valued attribute, else 0; ``sub``
    the sub-attribute, "" for a simple value. A complex element has one more leaf, its anchor, with ``sub``
    and ``text`` "": it says that the element is there. Other texts are never "".
    """

    root: str
    position: int
    sub: str
    text: str


def leaves(
    document: dict[str, Any], resource_type: ResourceType, skip: frozenset[str] = frozenset()
) -> Iterator[Leaf]:
    """Iterate over the leaves of a canonical document.

    ``skip`` holds canonical roots that the caller keeps elsewhere (``groups``, ``members``). Attributes that
    the schemas do not know, or that are never returned, have no leaves.

    Raises:
        ValueError: a value has not the type of its attribute, so the document was never validated.
    """
    for root, attribute, value in _attributes(document, resource_type):
        if root not in skip:
            yield from attribute_leaves(root, attribute, value)


def attribute_leaves(root: str, attribute: Attribute, value: Any) -> Iterator[Leaf]:
    """Iterate over the leaves of one attribute; ``value`` is a list where it is multi-valued."""
    if attribute.returned == "never":
        return
    elements = value if attribute.multi_valued and isinstance(value, list) else [value]
    for position, element in enumerate(elements):
        if attribute.is_complex:
            yield from _complex_leaves(root, position, attribute, element)
        elif _is_present(element):
            yield Leaf(root, position, "", comparable(attribute, element))


def _attributes(
    document: dict[str, Any], resource_type: ResourceType
) -> Iterator[tuple[str, Attribute, Any]]:
    for name, value in document.items():
        extension = resource_type.extension(name)
        if extension is None:
            attribute = resource_type.core_attribute(name)
            if attribute is not None:
                yield attribute.name, attribute, value
        elif isinstance(value, dict):
            for inner_name, inner_value in value.items():
                attribute = extension.attribute(inner_name)
                if attribute is not None:
                    yield f"{extension.id}:{attribute.name}", attribute, inner_value


def _complex_leaves(root: str, position: int, attribute: Attribute, element: Any) -> Iterator[Leaf]:
    if not isinstance(element, dict):
        return
    found = [
        Leaf(root, position, sub.name, comparable(sub, value))
        for name, values in element.items()
        if (sub := attribute.sub(name)) and sub.returned != "never" and not sub.is_complex
        for value in (values if isinstance(values, list) else [values])
        if _is_present(value)
    ]
    if found:
        yield Leaf(root, position, "", "")
        yield from found


def _is_present(value: Any) -> bool:
    """RFC 7644 §3.4.2.2: false and 0 are values; null and "" are none, nor is an empty array."""
    return value not in (None, "", [], {})
