"""What a walk saw: rows of cells, as evidence keeps them and as the table shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """What a presented credential met: whether it was let in, the answer's status, and the milliseconds it took.

    The status is 0 where no request was sent.
    """

    let_in: bool
    status: int
    ms: float

    def told(self) -> dict[str, Any]:
        """Give it as evidence keeps it."""
        return {"let_in": self.let_in, "status": self.status, "ms": self.ms}


@dataclass(frozen=True, slots=True)
class Cell:
    """One credential on one way, presented right after the leave and after the return.

    ``after_leave`` is None for one that opened nothing before the leave: its refusal would mean nothing.
    """

    credential: str
    after_leave: Seen | None
    after_rejoin: Seen | None = None
    note: str = ""
    remedy: str = ""

    @property
    def is_gap(self) -> bool:
        """Whether it was let in, or was not proven to be refused."""
        seen = (self.after_leave, self.after_rejoin)
        return self.after_leave is None or any(one is not None and one.let_in for one in seen)

    def told(self) -> dict[str, Any]:
        """Give the cell as evidence keeps it."""
        return {
            "credential": self.credential,
            "refused": not self.is_gap,
            "note": self.note,
            "after_leave": self.after_leave.told() if self.after_leave is not None else None,
            "after_rejoin": self.after_rejoin.told() if self.after_rejoin is not None else None,
        }

    def shown(self) -> str:
        """Give the cell as the table shows it: the statuses, after the leave and after the return."""
        seen = [one for one in (self.after_leave, self.after_rejoin) if one is not None]
        if not self.is_gap:
            return "/".join(str(one.status) for one in seen if one.status) or "ended"
        if self.after_leave is None:
            return "NOT PROVEN"
        when = "OPEN" if self.after_leave.let_in else "OPEN after rejoin"
        found = self.note or next((str(one.status) for one in seen if one.let_in), "")
        return f"{when} ({found})" if found else when


@dataclass(frozen=True, slots=True)
class Row:
    """One way: what was seen on it, or why it was not gone, or what went wrong on it."""

    way: str
    cells: Sequence[Cell] = ()
    times: Mapping[str, Any] = field(default_factory=dict)
    not_gone: str = ""
    error: str = ""

    def told(self) -> dict[str, Any]:
        """Give the row as evidence keeps it."""
        return {
            "way": self.way,
            "not_gone": self.not_gone,
            "error": self.error,
            "times": dict(self.times),
            "cells": [cell.told() for cell in self.cells],
        }


def gaps_of(rows: Sequence[Row]) -> list[str]:
    """Name what was not proven: each failed way, and each credential with the ways on which it was let in alike."""
    failed = [f"{row.way}: {row.error}" for row in rows if row.error]
    ways: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.is_gap:
                ways.setdefault((cell.credential, cell.shown(), cell.remedy), []).append(row.way)
    return failed + [
        f"{credential} {shown} on {', '.join(names)}. {remedy}".rstrip()
        for (credential, shown, remedy), names in ways.items()
    ]


def table(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Give the rows as lines of a table with a column for every credential that was seen."""
    columns = list(dict.fromkeys(cell.credential for row in rows for cell in row.cells))
    lines = []
    for row in rows:
        shown = {cell.credential: cell.shown() for cell in row.cells}
        empty = "-" if not row.error else "FAILED"
        lines.append({"way": row.way, **{column: shown.get(column, empty) for column in columns}})
    return lines
