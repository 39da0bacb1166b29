"""An answer as JSON for scripts or as a table for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

FORMATS = ("table", "json")


def rendered(answer: Mapping[str, Any], form: str) -> str:
    """Give the text of an answer: one JSON object, or aligned lines.

    A list of mappings becomes a table with columns.
    """
    return json.dumps(answer, default=_plain, ensure_ascii=False) if form == "json" else _lines(answer)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _lines(answer: Mapping[str, Any]) -> str:
    width = max(map(len, answer), default=0) + 2
    lines = []
    for name, value in answer.items():
        if _is_table(value):
            lines += _table(value)
        else:
            lines.append(f"{name:<{width}}{_text(value)}")
    return "\n".join(lines)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _text(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(_text, value)) or "-"
        case Mapping():
            return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items()) or "-"
        case datetime():
            return value.isoformat(timespec="seconds")
        case _:
            return str(value)
