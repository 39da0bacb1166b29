"""Comparisons of filters as ``Q`` objects over columns, the same on every database.

No predicate here is ever NULL for a row: ``not (…)`` must hold for rows without a value, and SQL's NOT NULL is NULL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Value
from django.db.models.functions import Left, Right, StrIndex
from django.db.models.lookups import Exact, GreaterThan

from ..models.attribute_value import PREFIX_LENGTH
from ..protocol.errors import InvalidFilter
from ..protocol.filter_tree import And, Compare, Filter, FilterVisitor, Not, Operator, Or, Present, ValuePath

NOTHING = Q(pk__in=[])
EVERYTHING = ~NOTHING
_ORDER = {Operator.GT: "gt", Operator.GE: "gte", Operator.LT: "lt", Operator.LE: "lte"}


class Column(ABC):
    """One filterable fact of a row."""

    @abstractmethod
    def compare(self, operator: Operator, text: str) -> Q:
        """Give the rows whose value compares so; never called with ``ne``."""

    @abstractmethod
    def present(self) -> Q:
        """Give the rows that have a value."""


@dataclass(frozen=True, slots=True)
class Text(Column):
    """A byte-wise text column that holds comparable text."""

    name: str
    nullable: bool = False

    def compare(self, operator: Operator, text: str) -> Q:
        """Give the rows whose value compares so."""
        return self.present() & compare_text(self.name, operator, text)

    def present(self) -> Q:
        """Give the rows that have a value."""
        return Q(**{f"{self.name}__isnull": False}) if self.nullable else EVERYTHING


@dataclass(frozen=True, slots=True)
class Time(Column):
    """A datetime column that is never NULL."""

    name: str

    def compare(self, operator: Operator, text: str) -> Q:
        """Give the rows whose value compares so."""
        lookup = _ORDER.get(operator, "exact")
        return Q(**{f"{self.name}__{lookup}": datetime.fromisoformat(text)})

    def present(self) -> Q:
        """Give the rows that have a value."""
        return EVERYTHING


@dataclass(frozen=True, slots=True)
class Boolean(Column):
    """A fact that a condition tells; always present."""

    condition: Q

    def compare(self, operator: Operator, text: str) -> Q:
        """Give the rows whose value compares so."""
        return self.condition if text == "true" else ~self.condition

    def present(self) -> Q:
        """Give the rows that have a value."""
        return EVERYTHING


@dataclass(frozen=True, slots=True)
class Constant(Column):
    """The same comparable text in every row."""

    text: str

    def compare(self, operator: Operator, text: str) -> Q:
        """Give the rows whose value compares so."""
        return EVERYTHING if holds(operator, self.text, text) else NOTHING

    def present(self) -> Q:
        """Give the rows that have a value."""
        return EVERYTHING


class NotFilterable(Column):
    """A value that is computed when a resource is written out."""

    def compare(self, operator: Operator, text: str) -> Q:
        """Give the rows whose value compares so."""
        raise InvalidFilter("This attribute is computed by the server and cannot be filtered on.")

    def present(self) -> Q:
        """Give the rows that have a value."""
        return EVERYTHING


def holds(operator: Operator, left: str, right: str) -> bool:
    """Compare two comparable texts in memory."""
    match operator:
        case Operator.EQ:
            return left == right
        case Operator.CO:
            return right in left
        case Operator.SW:
            return left.startswith(right)
        case Operator.EW:
            return left.endswith(right)
        case Operator.GT:
            return left > right
        case Operator.GE:
            return left >= right
        case Operator.LT:
            return left < right
        case _:
            return left <= right


def compare_text(name: str, operator: Operator, text: str) -> Q:
    """Compare a whole text column. ``sw`` is a range, so an index on the column serves it.

    LIKE is not used: its wildcards would need escapes and on SQLite it ignores case.
    """
    if operator == Operator.EQ:
        return Q(**{name: text})
    if operator in _ORDER:
        return Q(**{f"{name}__{_ORDER[operator]}": text})
    if not text:
        return EVERYTHING
    if operator == Operator.SW:
        return _range(name, text)
    if operator == Operator.EW:
        return Q(Exact(Right(name, len(text)), Value(text)))
    return Q(GreaterThan(StrIndex(name, Value(text)), 0))


def compare_leaf(operator: Operator, text: str) -> Q:
    """Compare an ``AttributeValue`` row; ``eq`` and ``sw`` go through the indexed prefix."""
    start = text[:PREFIX_LENGTH]
    if operator == Operator.EQ:
        return Q(prefix=start) if len(text) < PREFIX_LENGTH else Q(prefix=start, value=text)
    if operator == Operator.SW and text:
        if len(text) <= PREFIX_LENGTH:
            return _range("prefix", text)
        return Q(prefix=start) & Q(Exact(Left("value", len(text)), Value(text)))
    return compare_text("value", operator, text)


def _range(name: str, start: str) -> Q:
    """Give the texts that begin with ``start``, as a half-open interval of code points."""
    end = _successor(start)
    found = Q(**{f"{name}__gte": start})
    return found & Q(**{f"{name}__lt": end}) if end else found


def _successor(text: str) -> str:
    """Give the smallest text greater than all texts that begin with ``text``; "" when there is none."""
    stripped = text.rstrip("\U0010ffff")
    if not stripped:
        return ""
    following = ord(stripped[-1]) + 1
    return stripped[:-1] + chr(0xE000 if following == 0xD800 else following)


class ColumnVisitor(FilterVisitor[Q]):
    """Compiles a filter whose attributes are all columns of one row, named by sub-attribute or key."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns

    def column(self, node: Compare | Present) -> Column:
        """Find the column of a node, by the last name of its path."""
        return self.columns.get(node.path.target.name, NotFilterable())

    def visit_compare(self, node: Compare) -> Q:
        """Compare the node's column."""
        column = self.column(node)
        if node.operator == Operator.NE:
            return ~column.compare(Operator.EQ, node.text)
        return column.compare(node.operator, node.text)

    def visit_present(self, node: Present) -> Q:
        """Ask the node's column."""
        return self.column(node).present()

    def visit_and(self, node: And) -> Q:
        """Join the terms with AND."""
        combined = Q()
        for term in node.terms:
            combined &= self.visit(term)
        return combined

    def visit_or(self, node: Or) -> Q:
        """Join the terms with OR."""
        combined = self.visit(node.terms[0])
        for term in node.terms[1:]:
            combined |= self.visit(term)
        return combined

    def visit_not(self, node: Not) -> Q:
        """Negate; exact, because no predicate is ever NULL."""
        return ~self.visit(node.term)

    def visit_value_path(self, node: ValuePath) -> Q:
        """Refuse: value paths do not nest (RFC 7644 §3.4.2.2)."""
        raise InvalidFilter("A value path cannot stand inside another one.")


def compile_columns(node: Filter, columns: Mapping[str, Column]) -> Q:
    """Compile a filter over named columns."""
    return ColumnVisitor(columns).visit(node)
