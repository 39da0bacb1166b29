"""Filters (RFC 7644 §3.4.2.2): text in, checked tree out.

The parser keeps its own stack and checks depth and number of terms while it reads, so that no text makes
it recurse. Every name is resolved and every literal converted here: a tree that comes out can be run.

>>> from .core_schemas import USER
>>> to_text(parse('USERNAME Eq "Ada" OR not (emails[type eq "work" and primary eq "True"])', USER))
'userName eq "ada" or not (emails[type eq "work" and primary eq true])'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn

from .comparison import comparable
from .errors import InvalidFilter, InvalidPath
from .filter_tokens import Token, tokens
from .filter_tree import And, Compare, Filter, FilterVisitor, Not, Operator, Or, Present, ValuePath, to_text
from .path import AttributePath, resolve
from .schema import Attribute, ResourceType

__all__ = [
    "And",
    "Compare",
    "Filter",
    "FilterLimits",
    "FilterVisitor",
    "Not",
    "Operator",
    "Or",
    "Present",
    "ValuePath",
    "parse",
    "parse_value_filter",
    "to_text",
]


@dataclass(frozen=True, slots=True)
class FilterLimits:
    """What a filter may cost: characters, brackets open at once, comparisons."""

    max_length: int = 16_384
    max_depth: int = 32
    max_terms: int = 64


DEFAULT_LIMITS = FilterLimits()

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")
_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}

_OPERATOR_WORDS: dict[str, Operator] = {operator.value: operator for operator in Operator}
_EQUALITY = frozenset({Operator.EQ, Operator.NE})
_SUBSTRING = frozenset({Operator.CO, Operator.SW, Operator.EW})
_ORDERING = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE})
# RFC 7644 table 3: no order on booleans and binaries. Substrings are a matter of text.
_OPERATORS = {
    "string": _EQUALITY | _SUBSTRING | _ORDERING,
    "reference": _EQUALITY | _SUBSTRING | _ORDERING,
    "binary": _EQUALITY | _SUBSTRING,
    "boolean": _EQUALITY,
    "dateTime": _EQUALITY | _ORDERING,
    "integer": _EQUALITY | _ORDERING,
    "decimal": _EQUALITY | _ORDERING,
}

Resolver = Callable[[str], AttributePath]


def parse(text: str, resource_type: ResourceType, limits: FilterLimits = DEFAULT_LIMITS) -> Filter:
    """Give the filter that the text means for resources of this type.

    Raises:
        InvalidFilter: bad syntax, an unknown or secret attribute, an operator or a literal that the type of
            the attribute does not have, or more than the limits allow.
    """
    return _Parser(text, limits, lambda name: _resource_path(name, resource_type)).run()


def parse_value_filter(text: str, attribute: Attribute, limits: FilterLimits = DEFAULT_LIMITS) -> Filter:
    """Give the filter between the brackets of a PATCH path (RFC 7644 §3.5.2), about elements of an attribute.

    Its paths are sub-attributes; where the values are simple, ``value`` names the element itself.

    Raises:
        InvalidFilter: as ``parse()``, or the attribute has no elements to choose from.
    """
    path = AttributePath(attribute)
    _require_elements(path)
    return _Parser(text, limits, lambda name: _element_path(name, path), in_element=True).run()


@dataclass(slots=True)
class _Group:
    """An open bracket: and-ed terms in or-ed alternatives, and what becomes of them when it closes."""

    resolve: Resolver
    closed_by: str = ""
    finish: Callable[[Filter], Filter] = lambda term: term
    in_element: bool = False
    alternatives: list[list[Filter]] = field(default_factory=lambda: [[]])

    def add(self, term: Filter) -> None:
        self.alternatives[-1].append(term)

    def close(self) -> Filter:
        return self.finish(self.joined())

    def joined(self) -> Filter:
        conjunctions: list[Filter] = [
            terms[0] if len(terms) == 1 else And(tuple(terms)) for terms in self.alternatives
        ]
        return conjunctions[0] if len(conjunctions) == 1 else Or(tuple(conjunctions))


class _Parser:
    """Reads operand, connective, operand … with a stack of the brackets that are open."""

    def __init__(
        self, text: str, limits: FilterLimits, resolver: Resolver, *, in_element: bool = False
    ) -> None:
        if len(text) > limits.max_length:
            raise InvalidFilter(f"The filter is longer than {limits.max_length} characters.")
        self.limits = limits
        self.rest: Iterator[Token] = tokens(text)
        self.ahead = next(self.rest)
        self.stack = [_Group(resolver, in_element=in_element)]
        self.terms = 0

    def run(self) -> Filter:
        self._operand()
        while (token := self._take()).kind != "end":
            if token.is_keyword("and"):
                self._operand()
            elif token.is_keyword("or"):
                self.stack[-1].alternatives.append([])
                self._operand()
            else:
                self._close(token)
        if len(self.stack) > 1:
            _fail(token, repr(self.stack[-1].closed_by))
        return self.stack[0].close()

    def _take(self) -> Token:
        token = self.ahead
        if token.kind != "end":
            self.ahead = next(self.rest)
        return token

    def _open(self, group: _Group) -> None:
        self.stack.append(group)
        if len(self.stack) - 1 > self.limits.max_depth:
            raise InvalidFilter(f"The filter opens more than {self.limits.max_depth} brackets at once.")

    def _close(self, token: Token) -> None:
        if not self.stack[-1].closed_by or not token.is_bracket(self.stack[-1].closed_by):
            _fail(token, "'and', 'or' or the end")
        group = self.stack.pop()
        if token.text == "]" and self.ahead.kind == "word" and self.ahead.text.startswith("."):
            self._narrow(group)
        self.stack[-1].add(group.close())

    def _narrow(self, group: _Group) -> None:
        """Read ``emails[type eq "work"].value eq "x"`` as ``emails[type eq "work" and value eq "x"]``.

        Entra sends the first, which the grammar has not, where such a path is its matching attribute.
        """
        inner = group.joined()
        term = self._term(group.resolve(self._take().text[1:]))
        terms = inner.terms if isinstance(inner, And) else (inner,)
        group.alternatives = [[*terms, term]]

    def _operand(self) -> None:
        """Read brackets that open, then the one term behind them."""
        while True:
            token, scope = self._take(), self.stack[-1]
            if token.is_bracket("("):
                self._open(_Group(scope.resolve, ")", in_element=scope.in_element))
            elif token.is_keyword("not") and self.ahead.is_bracket("("):
                self._take()
                self._open(_Group(scope.resolve, ")", Not, in_element=scope.in_element))
            elif token.kind != "word":
                _fail(token, "an attribute")
            elif self.ahead.is_bracket("["):
                self._open_value_path(scope.resolve(token.text))
            else:
                scope.add(self._term(scope.resolve(token.text)))
                return

    def _open_value_path(self, path: AttributePath) -> None:
        bracket = self._take()
        if self.stack[-1].in_element or path.sub:
            _fail(bracket, "no bracket in a value path or after a sub-attribute")
        _require_elements(path)
        inner = _Group(
            lambda name: _element_path(name, path), "]", lambda term: ValuePath(path, term), in_element=True
        )
        self._open(inner)

    def _term(self, path: AttributePath) -> Filter:
        self.terms += 1
        if self.terms > self.limits.max_terms:
            raise InvalidFilter(f"The filter has more than {self.limits.max_terms} comparisons.")
        token = self._take()
        if token.is_keyword("pr"):
            return Present(path)
        operator = _OPERATOR_WORDS.get(token.text.lower()) if token.kind == "word" else None
        if operator is None:
            _fail(token, "an operator")
        return _comparison(path, operator, _literal(self._take()))


def _fail(token: Token, expected: str) -> NoReturn:
    where = "at the end" if token.kind == "end" else f"at character {token.position}"
    raise InvalidFilter(f"The filter is not valid {where}: expected {expected}.")


def _literal(token: Token) -> str | bool | Decimal | None:
    """Read a literal; Entra writes True and False as often as true and false."""
    if token.kind == "string":
        return token.text
    if token.kind == "word" and token.text.lower() in _KEYWORDS:
        return _KEYWORDS[token.text.lower()]
    if token.kind == "word" and _NUMBER.fullmatch(token.text):
        return Decimal(token.text)
    _fail(token, "a value: a string in quotes, a number, true, false or null")


def _comparison(path: AttributePath, operator: Operator, value: str | bool | Decimal | None) -> Filter:
    if value is None:
        if operator not in _EQUALITY:
            raise InvalidFilter(f"null can be compared with eq and ne, not with {operator}.")
        return Not(Present(path)) if operator is Operator.EQ else Present(path)
    path = _compared(path)
    if operator not in _OPERATORS[path.target.type]:
        raise InvalidFilter(f"{path.key!r} is of type {path.target.type} and has no operator {operator}.")
    try:
        return Compare(path, operator, comparable(path.target, value))
    except ValueError as error:
        raise InvalidFilter(str(error)) from None


def _compared(path: AttributePath) -> AttributePath:
    """Give the simple attribute that is compared; a complex one stands for its value (RFC 7644 §3.4.2.2).

    The RFC says so of multi-valued attributes; Entra's ``manager eq "…"`` means the same of a single one.
    """
    if not path.target.is_complex:
        return path
    value = path.attribute.sub("value") if path.sub is None else None
    if value is None:
        raise InvalidFilter(f"{path.key!r} is complex: compare one of its sub-attributes.")
    return path.child(value)


def _resource_path(name: str, resource_type: ResourceType) -> AttributePath:
    """Resolve a name; one without URN may be of an extension if the core has none.

    Entra's reference check writes ``manager eq "…"`` for the enterprise attribute.
    """
    urns = ("", *(f"{extension.schema.id}:" for extension in resource_type.extensions))
    for urn in urns:
        try:
            return _not_secret(resolve(urn + name, resource_type))
        except InvalidPath:
            continue
    raise InvalidFilter(f"{name[:100]!r} is not an attribute of {resource_type.name}.")


def _element_path(name: str, path: AttributePath) -> AttributePath:
    """Resolve a name in a value path: a sub-attribute, or ``value`` for a simple element."""
    if not path.attribute.is_complex:
        if name.lower() != "value":
            raise InvalidFilter(f"The values of {path.root!r} are simple: only 'value' names them.")
        return path
    sub = path.attribute.sub(name)
    if sub is None:
        raise InvalidFilter(f"{path.root!r} has no sub-attribute {name[:100]!r}.")
    return _not_secret(path.child(sub))


def _not_secret(path: AttributePath) -> AttributePath:
    """Refuse what is never returned: a filter on it would tell the value piece by piece."""
    if "never" in (path.attribute.returned, path.target.returned):
        raise InvalidFilter(f"{path.key!r} cannot be used in a filter.")
    return path


def _require_elements(path: AttributePath) -> None:
    if not path.attribute.multi_valued and not path.attribute.is_complex:
        raise InvalidFilter(f"{path.root!r} has a single simple value: no brackets can follow.")
