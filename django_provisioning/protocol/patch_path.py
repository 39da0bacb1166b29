"""Paths of PATCH operations (RFC 7644 §3.5.2, figure 7): an attribute, a choice of elements, a sub-attribute.

>>> from .core_schemas import USER
>>> parse_patch_path('emails[type eq "work"].VALUE', USER).key
'emails[].value'
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .comparison import plain
from .errors import InvalidPath
from .filter_tokens import Token, tokens
from .filters import DEFAULT_LIMITS, And, Compare, Filter, FilterLimits, Operator, parse_value_filter
from .path import AttributePath, resolve
from .schema import Attribute, ResourceType

# In the tokens of `type eq "work" and primary eq true`, brackets left out, every fourth one is a literal.
_TOKENS_OF_A_TERM = 4
_LITERAL = 2


@dataclass(frozen=True, slots=True)
class PatchPath:
    """Where a PATCH operation goes.

    ``path`` is the attribute without a sub-attribute; that is ``sub``. ``filter`` chooses elements of a
    multi-valued attribute. ``described`` is the element that a filter of eq terms joined by and describes,
    None for any other filter.
    """

    path: AttributePath
    filter: Filter | None = None
    sub: Attribute | None = None
    described: Any = None

    @property
    def attribute(self) -> Attribute:
        """The attribute of the resource that the operation changes."""
        return self.path.attribute

    @property
    def target(self) -> Attribute:
        """The attribute that the operation's value belongs to."""
        return self.sub or self.path.attribute

    @property
    def root(self) -> str:
        """Canonical name of the attribute with its extension URN."""
        return self.path.root

    @property
    def key(self) -> str:
        """Text for messages; literals of the filter are left out, they may be personal."""
        choice = "[]" if self.filter is not None else ""
        return f"{self.root}{choice}.{self.sub.name}" if self.sub else f"{self.root}{choice}"


def parse_patch_path(
    text: str, resource_type: ResourceType, limits: FilterLimits = DEFAULT_LIMITS
) -> PatchPath:
    """Give the path that the text names.

    Raises:
        InvalidPath: it is no path, or names an unknown attribute.
        InvalidFilter: what stands between the brackets is no filter (RFC 7644 table 9).
    """
    if len(text) > limits.max_length:
        raise InvalidPath(f"The path is longer than {limits.max_length} characters.")
    head, bracket, rest = text.partition("[")
    path = resolve(head, resource_type)
    whole = AttributePath(path.attribute, None, path.extension)
    if not bracket:
        return PatchPath(whole, None, path.sub)
    if path.sub is not None or not path.attribute.multi_valued:
        raise InvalidPath(f"{path.key!r} has no elements that brackets could choose from.")
    inner, closing, tail = rest.rpartition("]")
    if not closing:
        raise InvalidPath("The path has a bracket that does not close.")
    chosen = parse_value_filter(inner, path.attribute, limits)
    return PatchPath(whole, chosen, _sub(path.attribute, tail), _described(chosen, inner, path.attribute))


def _value(term: Compare, literal: Token) -> str | bool | int | float:
    """Give the value that a term compares with, as a document holds it."""
    if term.path.target.type not in {"boolean", "integer", "decimal"}:
        return literal.text
    value = plain(term.path.target, term.text)
    return float(value) if isinstance(value, Decimal) else value


def _sub(attribute: Attribute, tail: str) -> Attribute | None:
    """Give the sub-attribute that follows the brackets as ``.name``."""
    if not tail:
        return None
    sub = attribute.sub(tail[1:]) if tail.startswith(".") else None
    if sub is None:
        raise InvalidPath(f"{tail[:100]!r} names no sub-attribute of {attribute.name!r}.")
    return sub


def _described(chosen: Filter, text: str, attribute: Attribute) -> Any:
    """Give the element that has just the values which a filter of and-ed eq terms compares with.

    The filter holds folded texts, so strings come from the tokens, spelled as the client did.
    """
    terms = chosen.terms if isinstance(chosen, And) else (chosen,)
    words = [token for token in tokens(text) if token.kind != "bracket"]
    element: Any = {} if attribute.is_complex else None
    for index, term in enumerate(terms):
        if not isinstance(term, Compare) or term.operator is not Operator.EQ:
            return None
        literal = words[index * _TOKENS_OF_A_TERM + _LITERAL]
        value = _value(term, literal)
        if term.path.sub is None:
            element = value
        else:
            element[term.path.sub.name] = value
    return element
