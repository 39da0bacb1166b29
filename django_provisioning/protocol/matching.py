"""Filters run on documents in memory (RFC 7644 §3.4.2.2), over the same leaves as in SQL.

>>> from .core_schemas import USER
>>> from .filters import parse
>>> matches(parse('emails co "EXAMPLE"', USER), {"emails": [{"value": "ada@example.com"}]}, USER)
True
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from .filters import And, Compare, Filter, FilterVisitor, Not, Operator, Or, Present, ValuePath
from .leaves import Leaf, attribute_leaves, leaves
from .path import AttributePath
from .schema import Attribute, ResourceType

# From (root, sub) to the text at each position; one look-up an element keeps value paths linear.
LeafIndex = dict[tuple[str, str], dict[int, str]]

_HOLDS: dict[Operator, Callable[[str, str], bool]] = {
    Operator.EQ: lambda value, literal: value == literal,
    Operator.CO: lambda value, literal: literal in value,
    Operator.SW: lambda value, literal: value.startswith(literal),
    Operator.EW: lambda value, literal: value.endswith(literal),
    Operator.GT: lambda value, literal: value > literal,
    Operator.GE: lambda value, literal: value >= literal,
    Operator.LT: lambda value, literal: value < literal,
    Operator.LE: lambda value, literal: value <= literal,
}


def matches(node: Filter, document: dict[str, Any], resource_type: ResourceType) -> bool:
    """Whether a canonical document satisfies a filter that ``parse()`` gave for its resource type."""
    return _Matcher(_indexed(leaves(document, resource_type))).visit(node)


def select(node: Filter, elements: list[Any], attribute: Attribute) -> list[int]:
    """Give the indexes of the elements that satisfy a filter that ``parse_value_filter()`` gave.

    An element without any present value is never selected.
    """
    index = _indexed(attribute_leaves(attribute.name, attribute, elements))
    return [position for position in index[attribute.name, ""] if _Matcher(index, position).visit(node)]


def _indexed(found: Iterable[Leaf]) -> LeafIndex:
    index: LeafIndex = defaultdict(dict)
    for leaf in found:
        index[leaf.root, leaf.sub][leaf.position] = leaf.text
    return index


class _Matcher(FilterVisitor[bool]):
    """Evaluates a filter; in a value path only the leaves at ``position`` count."""

    def __init__(self, index: LeafIndex, position: int | None = None) -> None:
        self.index = index
        self.position = position

    def _texts(self, path: AttributePath) -> Collection[str]:
        found = self.index.get((path.root, path.sub.name if path.sub else ""), {})
        if self.position is None:
            return found.values()
        return (found[self.position],) if self.position in found else ()

    def visit_compare(self, node: Compare) -> bool:
        texts = self._texts(node.path)
        if node.operator is Operator.NE:
            return node.text not in texts
        holds = _HOLDS[node.operator]
        return any(holds(text, node.text) for text in texts)

    def visit_present(self, node: Present) -> bool:
        return bool(self._texts(node.path))

    def visit_and(self, node: And) -> bool:
        return all(self.visit(term) for term in node.terms)

    def visit_or(self, node: Or) -> bool:
        return any(self.visit(term) for term in node.terms)

    def visit_not(self, node: Not) -> bool:
        return not self.visit(node.term)

    def visit_value_path(self, node: ValuePath) -> bool:
        positions = self.index.get((node.path.root, ""), {})
        return any(_Matcher(self.index, position).visit(node.inner) for position in positions)
