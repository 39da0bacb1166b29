"""Rows as a file: CSV that no spreadsheet mistakes for formulas, or JSON lines.

Rows come as a stream and leave as one, so that a million of them need no memory.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

BATCH = 1_000

FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
# A cell that begins so is a formula to a spreadsheet, or becomes one when a blank is trimmed.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Spreadsheets of half of Europe part cells at a semicolon, others at a tab, and then our quotation marks hold no line.
_INNER_FORMULA = re.compile("([;\t\r\n][\"' \u00a0\ufeff]*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])")


class _Line:
    """A file for the CSV writer that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Give the text."""
        return text


def lines(form: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Give the file line by line; the CSV begins with the names of the columns."""
    if form == "jsonl":
        for row in rows:
            yield json.dumps({name: _plain(row[name]) for name in columns}, ensure_ascii=False) + "\n"
        return
    writer: Any = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([cell(row[name]) for name in columns])


def cell(value: Any) -> str:
    """Give the text of a CSV cell; one that a spreadsheet would compute gets an apostrophe before it.

    >>> cell("=cmd()"), cell(-3), cell(None), cell(True)
    ("'=cmd()", '-3', '', 'yes')
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case datetime():
            return _iso(value)
        case dict() | list():
            return _safe(json.dumps(value, ensure_ascii=False, default=_plain, sort_keys=True))
        case _:
            return _safe(str(value))


def _safe(text: str) -> str:
    text = _INNER_FORMULA.sub(r"\1'", text)
    return (
        f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA) or text.startswith(_FORMULA) else text
    )


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str() | list() | dict():
            return value
        case datetime():
            return _iso(value)
        case _:
            return str(value)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Table:
    """A list as a file: its columns, and what makes a row of each object of its queryset.

    ``prepare`` adds to the queryset what the rows need, so that none of them asks the database again.
    """

    name: str
    columns: Sequence[str]
    row: Callable[[Any], Mapping[str, Any]]
    prepare: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda queryset: queryset

    def rows(self, queryset: QuerySet[Any]) -> Iterator[Mapping[str, Any]]:
        """Give the rows one by one, oldest first; the queryset is read in batches."""
        ordered = self.prepare(queryset).order_by("pk")
        return map(self.row, ordered.iterator(chunk_size=BATCH))
