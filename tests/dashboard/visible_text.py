"""What a person can read on a page, and letters by which a test sees what went through gettext."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

# Nobody reads these, or they are to be copied letter by letter.
_SILENT = frozenset({"script", "style", "code", "template"})
_SPOKEN = ("alt", "aria-label", "placeholder", "title")
_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
# Placeholders, tags and entities stand in a text for something else.
_NO_WORDS = re.compile(r"(%\(\w+\)[-.\d]*[a-z]|%[-.\d]*[a-z]|\{\w*\}|<[^>]+>|&\w+;)")
# Keys, batches and correlations, which hold letters that are digits.
_DIGITS = re.compile(r"\b(?=\w*\d)[0-9a-f-]{12,}\b")
_WIDE = {code: code - 0x21 + 0xFF01 for code in range(0x21, 0x7F) if chr(code).isalpha()}


def widened(text: str) -> str:
    """Give the text in fullwidth letters, which no source and no data of a test has.

    >>> widened("Offboard %(name)s <b>now</b>")
    'Ｏｆｆｂｏａｒｄ %(name)s <b>ｎｏｗ</b>'
    """
    parts = _NO_WORDS.split(text)
    return "".join(part if index % 2 else part.translate(_WIDE) for index, part in enumerate(parts))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._silenced_by: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._silenced_by or tag in _SILENT or given.get("translate") == "no":
            if tag not in _VOID:
                self._silenced_by.append(tag)
            return
        self.texts += [given[name] for name in _SPOKEN if name in given]
        # What a script of ours will say.
        self.texts += [text for name, text in given.items() if name.startswith("data-") and " " in text]
        if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
            self.texts.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if self._silenced_by and self._silenced_by[-1] == tag:
            self._silenced_by.pop()

    def handle_data(self, data: str) -> None:
        if not self._silenced_by:
            self.texts.append(data)


def texts_of(html: str) -> list[str]:
    """Give every text that a person or a screen reader meets, blanks folded."""
    reader = _Reader()
    reader.feed(html)
    return [folded for text in reader.texts if (folded := " ".join(text.split()))]


def words_of(value: Any) -> Iterator[str]:
    """Give every word of two letters and more, with those inside of lists and dicts."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from words_of(name)
                yield from words_of(inner)
        case list() | tuple():
            for inner in value:
                yield from words_of(inner)
        case _:
            yield from re.findall(r"[A-Za-z]{2,}", _DIGITS.sub(" ", str(value)))
