"""The shape of one promise and its proofs, and where the documentation shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: what the package must do, and what shows that it does.

    ``tests`` are functions by file, relative to ``tests/``; ``pages`` are pages of the documentation, with ``#heading``
    where one part of them is meant. ``missing`` says what is not proven: with proofs beside it the row holds in part,
    without any it is open.
    """

    id: str
    duty: str
    tests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pages: tuple[str, ...] = ()
    missing: str = ""

    @property
    def status(self) -> str:
        """Give ``proven``, ``in part`` or ``open``."""
        if not (self.tests or self.pages):
            return "open"
        return "in part" if self.missing else "proven"
