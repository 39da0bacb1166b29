"""The pictures of the documentation: each is there, is small, has words beside it, and is used."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from tests.docs.test_docs import PAGES, ROOT

IMAGES = sorted((ROOT / "docs" / "images").glob("*"))
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_MOST_BYTES = 300_000
_WIDTH = 1280


def pictures() -> list[tuple[Path, str, Path]]:
    """Give every picture of every page: the page, the words for who does not see it, and the file."""
    return [
        (page, words, (page.parent / link).resolve())
        for page in PAGES
        for words, link in _IMAGE.findall(page.read_text())
        if not link.startswith("https:")
    ]


def test_every_picture_on_a_page_is_there_and_said_in_words() -> None:
    """No page shows a hole, and who cannot see the picture reads what it shows."""
    found = pictures()

    assert [(page.name, path.name) for page, _words, path in found if not path.is_file()] == []
    assert [path.name for _page, words, path in found if len(words) < 30] == []
    assert len(found) >= 8


def test_every_picture_is_used() -> None:
    """A picture that no page shows is old."""
    assert {path.resolve() for path in IMAGES} == {path for _page, _words, path in pictures()}


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_picture_is_small_and_as_wide_as_the_others(path: Path) -> None:
    """A clone of the repository stays light: a PNG under 300 kB, 1280 pixels wide."""
    head = path.read_bytes()[:24]

    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", head[16:20]) == (_WIDTH,)
    assert path.stat().st_size < _MOST_BYTES
