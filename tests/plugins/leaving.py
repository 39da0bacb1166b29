"""Prints what the leaving matrix saw: ``--leaving-matrix=docs/reference/leaving-matrix.md``.

The tests of ``tests/matrix`` note their cells in ``user_properties``, so that the matrix is whole under xdist as well.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.matrix.page import Cell, render

PROPERTY = "leaving"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for the page."""
    parser.getgroup("leaving").addoption(
        "--leaving-matrix", metavar="PATH", help="write what the leaving matrix saw to PATH"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect cells where the option asks for them; under xdist in the controlling process only."""
    path = config.getoption("--leaving-matrix")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Page(Path(path)), "leaving-matrix")


class _Page:
    """Gathers the cells, and writes them when the session ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cells: list[Cell] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what a test has seen."""
        if report.when == "call":
            self.cells += [Cell(*value) for name, value in report.user_properties if name == PROPERTY]  # type: ignore[misc]

    def pytest_sessionfinish(self) -> None:
        """Write the page, unless no cell was walked: then something else went wrong."""
        if self.cells:
            self.path.write_text(render(self.cells), encoding="utf-8")
