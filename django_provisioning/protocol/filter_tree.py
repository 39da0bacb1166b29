"""The parsed form of a filter: a tree that every back end walks with a ``FilterVisitor``."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from .comparison import plain
from .path import AttributePath
from .schema import Attribute

T = TypeVar("T")


class Operator(StrEnum):
    """Comparison operators of RFC 7644 §3.4.2.2; ``pr`` is ``Present``."""

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; ``text`` is what ``comparable()`` gives for the literal, never a raw value.

    ``path`` ends at a simple attribute. ``ne`` means "no value is equal", so it holds where there is none.
    """

    path: AttributePath
    operator: Operator
    text: str


@dataclass(frozen=True, slots=True)
class Present:
    """Whether the attribute has a value that is not empty; a complex one has any present sub-attribute."""

    path: AttributePath


@dataclass(frozen=True, slots=True)
class And:
    """All terms hold; at least two."""

    terms: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one term holds; at least two."""

    terms: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not hold."""

    term: Filter


@dataclass(frozen=True, slots=True)
class ValuePath:
    """One element of the attribute satisfies the whole of ``inner``.

    The paths in ``inner`` start with the attribute itself: ``emails.type``; in a multi-valued attribute
    of simple values they are the attribute (``schemas[value eq "…"]`` compares ``schemas``).
    """

    path: AttributePath
    inner: Filter


Filter = Compare | Present | And | Or | Not | ValuePath


class FilterVisitor(ABC, Generic[T]):
    """Walks a filter; one method a node. The parser's depth limit bounds the recursion."""

    def visit(self, node: Filter) -> T:
        """Give what the method for this kind of node gives."""
        match node:
            case Compare():
                return self.visit_compare(node)
            case Present():
                return self.visit_present(node)
            case And():
                return self.visit_and(node)
            case Or():
                return self.visit_or(node)
            case Not():
                return self.visit_not(node)
            case _:
                return self.visit_value_path(node)

    @abstractmethod
    def visit_compare(self, node: Compare) -> T:
        """Handle a comparison."""

    @abstractmethod
    def visit_present(self, node: Present) -> T:
        """Handle ``pr``."""

    @abstractmethod
    def visit_and(self, node: And) -> T:
        """Handle a conjunction."""

    @abstractmethod
    def visit_or(self, node: Or) -> T:
        """Handle a disjunction."""

    @abstractmethod
    def visit_not(self, node: Not) -> T:
        """Handle a negation."""

    @abstractmethod
    def visit_value_path(self, node: ValuePath) -> T:
        """Handle a value path."""


class _Printer(FilterVisitor[str]):
    """Prints a tree so that parsing the text gives the tree again."""

    def __init__(self, element_of: Attribute | None = None) -> None:
        self.element_of = element_of

    def _name(self, path: AttributePath) -> str:
        if self.element_of is None:
            return path.key
        return path.sub.name if path.sub else "value"

    def visit_compare(self, node: Compare) -> str:
        value = plain(node.path.target, node.text)
        literal = f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)
        return f"{self._name(node.path)} {node.operator} {literal}"

    def visit_present(self, node: Present) -> str:
        return f"{self._name(node.path)} pr"

    def visit_and(self, node: And) -> str:
        return " and ".join(self._grouped(term, And, Or) for term in node.terms)

    def visit_or(self, node: Or) -> str:
        return " or ".join(self._grouped(term, Or) for term in node.terms)

    def _grouped(self, term: Filter, *kinds: type[And | Or]) -> str:
        return f"({self.visit(term)})" if isinstance(term, kinds) else self.visit(term)

    def visit_not(self, node: Not) -> str:
        return f"not ({self.visit(node.term)})"

    def visit_value_path(self, node: ValuePath) -> str:
        return f"{node.path.key}[{_Printer(node.path.attribute).visit(node.inner)}]"


def to_text(node: Filter, element_of: Attribute | None = None) -> str:
    """Print a filter in the grammar of RFC 7644 §3.4.2.2; parsing the text gives an equal filter.

    ``element_of`` is the attribute that ``parse_value_filter()`` was given, None for a whole filter.
    """
    return _Printer(element_of).visit(node)
