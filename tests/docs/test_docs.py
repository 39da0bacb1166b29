"""The documentation says what the code does, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.settings_page import PAGE, page

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("docs/**/*.md")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md")),
]
_LINK = re.compile(r"\[[^\]]+\]\((?!https?:|mailto:|#)([^)#\s]+)")


def test_settings_page_is_what_the_code_says() -> None:
    """The settings page has every key with its default and meaning."""
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_links_lead_to_files(path: Path) -> None:
    """No relative link of a page is dead."""
    dead = [link for link in _LINK.findall(path.read_text()) if not (path.parent / link).exists()]

    assert not dead
