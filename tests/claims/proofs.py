"""Reads the suite and the documentation for what the rows name: no test is imported, nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.claims.row import ROOT

TESTS = ROOT / "tests"
_ID = re.compile(r"\b[CN]\d{1,2}\b")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def ids_in(text: str | None) -> set[str]:
    """Give the ids of rows that a docstring names.

    >>> sorted(ids_in("C15, N16: dead at once; at N−1 days it is not (C7)."))
    ['C15', 'C7', 'N16']
    """
    return set(_ID.findall(text or ""))


@cache
def suite() -> dict[tuple[str, str], set[str]]:
    """Give every test function as (file below tests/, name) with the ids that its own docstring names."""
    return {
        (file, one.name): ids_in(ast.get_docstring(one))
        for file, module in _modules()
        for one in ast.walk(module)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    }


@cache
def files() -> dict[str, set[str]]:
    """Give every file of tests with the ids that the docstring of the module names."""
    return {file: ids_in(ast.get_docstring(module)) for file, module in _modules()}


def has_heading(page: str) -> bool:
    """Tell whether a page is there, and the heading that stands behind a ``#``."""
    name, _, anchor = page.partition("#")
    path = ROOT / name
    return path.is_file() and (not anchor or anchor in anchors_of(path.read_text()))


def anchors_of(text: str) -> set[str]:
    """Give the anchors of a page's headings.

    >>> sorted(anchors_of("# Let time do its work: the run" + chr(10) + "## With `cron`"))
    ['let-time-do-its-work-the-run', 'with-cron']
    """
    headings = _HEADING.findall(_FENCED.sub("", text))
    return {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(TESTS.rglob("test_*.py")):
        yield path.relative_to(TESTS).as_posix(), ast.parse(path.read_text())
