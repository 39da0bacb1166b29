"""What every template of the admin pages keeps to, read from the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import django_provisioning

_ROOT = Path(django_provisioning.__file__).parent
TEMPLATES = sorted((_ROOT / "templates").rglob("*.html"))
STYLES = sorted((_ROOT / "static").rglob("*.css"))

# A time as it stands in a template: a variable that ends like one, or one of a model's two odd names.
_TIME = re.compile(
    r"""(?:\{\{\s*|\bwith\s[^%]*?=)[\w.]*(?:_at|_until|_since)\b(?P<filters>(?:\|\w+(?::"[^"]*")?)*)"""
)


def _name(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()


def strangers(text: str) -> list[str]:
    """Give what a strict Content-Security-Policy would refuse."""
    found = re.findall(r"""<[^>]*\s(?:style|on[a-z]+)\s*=\s*["'][^>]*>""", text)
    found += re.findall(r"<style\b", text) + re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    return found + re.findall(r"""<(?:script|link|img|iframe|source)\b[^>]*["'](?:https?:)?//[^>]*>""", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_template_holds_no_inline_style_or_script(path: Path) -> None:
    """Style and script are files of ours, and nothing comes from elsewhere."""
    assert strangers(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        '<p class="a" style="color: red">', '<button onclick="go()">', "<style>p {}</style>", "<script>go()</script>",
        '<script src="https://cdn.example.com/x.js"></script>', '<img src="//cdn.example.com/x.png">',
    ],
)  # fmt: skip
def test_stranger_is_noticed(text: str) -> None:
    """Each of them is found: the test above can fail."""
    assert strangers(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_template_shows_no_time_without_its_zone(path: Path) -> None:
    """A time is shown as ``date:"… e"``, a day in UTC as ``date:"Y-m-d"``; a bare one has no zone."""
    text = path.read_text()

    filters = [found["filters"] for found in _TIME.finditer(text)]
    assert [one for one in filters if not re.search(r'date:"(?:[^"]* e|Y-m-d)"', one)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ token.created_at }}", [""]),
        ('{{ token.created_at|default:"–" }}', ['|default:"–"']),
        ("{% blocktranslate with name=a.name at=a.seen_at %}", [""]),
        ("{% if token.created_at %}", []),
    ],
)
def test_bare_time_is_noticed(text: str, expected: list[str]) -> None:
    """Each way to show a time is found: the test above can fail."""
    assert [found["filters"] for found in _TIME.finditer(text)] == expected


@pytest.mark.parametrize("path", STYLES, ids=_name)
def test_style_sheet_reads_in_both_directions(path: Path) -> None:
    """Left and right are said as start and end, nothing is loaded from elsewhere, and nothing moves."""
    text = path.read_text()

    sided = re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align:\s*(?:left|right)|float:", text)
    assert sided == []
    assert re.findall(r"url\(|@import|transition|animation", text) == []
