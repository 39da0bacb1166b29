"""Tokens of a filter: brackets, JSON strings and words (names, operators, literals).

>>> [token.text for token in tokens('not(active eq true)')]
['not', '(', 'active', 'eq', 'true', ')', '']
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from .errors import InvalidFilter

Kind = Literal["word", "string", "bracket", "end"]

# A word is whatever is neither space, bracket nor quote; whether it is a name or a literal is for the parser.
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<bracket>[()\[\]])
      | (?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
      | (?P<word>[^ \t\r\n()\[\]"]+)
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter; ``text`` is the decoded value of a string; ``position`` counts from 1."""

    kind: Kind
    text: str
    position: int

    def is_bracket(self, bracket: str) -> bool:
        """Whether this is that bracket, and not a string that holds one."""
        return self.kind == "bracket" and self.text == bracket

    def is_keyword(self, word: str) -> bool:
        """Whether this is that word in any case, and not a string that holds it."""
        return self.kind == "word" and self.text.lower() == word


def tokens(text: str) -> Iterator[Token]:
    """Iterate over the tokens of a filter; the last one has the kind ``end``.

    Raises:
        InvalidFilter: a string does not end, or is no JSON string.
    """
    position = 0
    kind: Kind = "word"
    while kind != "end":
        found = _TOKEN.match(text, position)
        if found is None:
            raise InvalidFilter(f"The string at character {_after_space(text, position)} does not end.")
        kind = cast("Kind", found.lastgroup)
        start = found.start(kind) + 1
        piece = found[kind]
        yield Token(kind, _decoded(piece, start) if kind == "string" else piece, start)
        position = found.end()


def _after_space(text: str, position: int) -> int:
    return len(text) - len(text[position:].lstrip(" \t\r\n")) + 1


def _decoded(literal: str, start: int) -> str:
    """Decode a JSON string (RFC 7644 §3.4.2.2 takes its literals from RFC 7159)."""
    try:
        value: str = json.loads(literal)
        value.encode()
    except ValueError:
        raise InvalidFilter(f"The string at character {start} is no valid JSON string.") from None
    if "\0" in value:
        raise InvalidFilter(f"The string at character {start} holds a NUL character.")
    return value
