"""Request bodies: bytes to JSON values, with every limit checked before the parser can be hurt.

CPython's ``json`` raises RecursionError on deep nesting, ValueError on 5,000 digits, takes NaN and lets lone
surrogates through that no database can store. Here each of them is 400 invalidSyntax (RFC 7644 §3.12) and a
body that is too long is 413.

>>> read_json(b'{"active": true, "active": false}', BodyLimits())
{'active': False}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

from .errors import InvalidSyntax, PayloadTooLarge

# One alternation over the whole text: strings are skipped as a piece, so brackets in them do not count. The
# possessive quantifiers and the optional closing quote let no byte be read twice, whatever the input.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]|-?[0-9][0-9.eE+-]*+', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a request body may hold.

    ``max_string_length`` counts the characters as written, before any Unicode normalisation; validation has
    tighter ones for each type. ``max_keys`` counts the distinct names of one object.
    """

    max_bytes: int = 1_048_576
    max_depth: int = 64
    max_digits: int = 40
    max_string_length: int = 131_072
    max_keys: int = 256


def read_json(body: bytes, limits: BodyLimits) -> Any:
    """Give the JSON value of a request body. A repeated member name is no error: the last one counts.

    Raises:
        PayloadTooLarge: the body is longer than the limit.
        InvalidSyntax: it is no UTF-8 or no JSON, or goes over another limit.
    """
    if len(body) > limits.max_bytes:
        raise PayloadTooLarge(f"The body is longer than {limits.max_bytes} bytes.")
    text = _decode(body)
    _scan(text, limits)
    try:
        value = _decoder(limits).decode(text)
    except ValueError as error:
        raise InvalidSyntax("The body is not valid JSON.") from error
    # Raw NUL and raw surrogates are refused by the parser and by the decoding; only an escape can bring them.
    if "\\u" in text:
        _check_texts(value)
    return value


def _decode(body: bytes) -> str:
    """Decode UTF-8; a byte order mark is dropped, as RFC 8259 §8.1 allows."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidSyntax("The body is not valid UTF-8.") from error


def _scan(text: str, limits: BodyLimits) -> None:
    """Check depth, digits and string lengths on the text, without building anything."""
    depth = 0
    for token in _TOKENS.finditer(text):
        first = text[token.start()]
        if first == '"':
            if token.end() - token.start() - 2 > limits.max_string_length:
                raise InvalidSyntax(f"A string is longer than {limits.max_string_length} characters.")
        elif first in "[{":
            depth += 1
            if depth > limits.max_depth:
                raise InvalidSyntax(f"The body is nested deeper than {limits.max_depth} levels.")
        elif first in "]}":
            depth -= 1
        elif token.end() - token.start() > limits.max_digits:
            raise InvalidSyntax(f"A number has more than {limits.max_digits} digits.")


def _decoder(limits: BodyLimits) -> json.JSONDecoder:
    """Give a decoder that counts names and refuses the numbers that JSON does not have."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) > limits.max_keys:
            raise InvalidSyntax(f"An object has more than {limits.max_keys} members.")
        return result

    return json.JSONDecoder(object_pairs_hook=members, parse_constant=_refuse_constant, parse_float=_finite)


def _check_texts(value: Any) -> None:
    """Check every name and string of a value, without recursion."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _check_text(text: str) -> None:
    """Refuse what PostgreSQL and UTF-8 cannot hold: NUL, and halves of surrogate pairs."""
    if "\x00" in text:
        raise InvalidSyntax("A string holds the character NUL.")
    if not text.isascii() and _SURROGATE.search(text):
        raise InvalidSyntax("A string holds half of a surrogate pair.")


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidSyntax(f"{name} is not a JSON value.")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise InvalidSyntax("A number is too large.")
    return number
