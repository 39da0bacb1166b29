"""The code blocks of a page, as a reader would follow them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE: Final = re.compile(r"# (\w+\.py)\b")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; ``file`` is the one that its first line names, "" if it names none."""

    language: str
    text: str

    @property
    def file(self) -> str:
        """The file that the block belongs into."""
        found = _FILE.match(self.text)
        return found[1] if found else ""


def blocks(page: str, heading: str) -> list[Block]:
    """Give the blocks of one section of a page under ``docs/``, in order.

    Raises:
        ValueError: the page has no such section, or no blocks in it.
    """
    text = (ROOT / "docs" / page).read_text()
    _, found, rest = text.partition(f"\n## {heading}\n")
    section = rest.partition("\n## ")[0]
    result = [Block(language, body) for language, body in _BLOCK.findall(section)]
    if not found or not result:
        raise ValueError(f"{page} has no section {heading!r} with code blocks.")
    return result
