"""Prints which sentence of which standard each test proves: ``--compliance-matrix=docs/reference/compliance.md``.

A test says so with ``@pytest.mark.compliance(standard, section, requirement)``. A requirement that starts with an
id of ``tests/conformance/assertions.txt`` proves that assertion. Marks travel in ``user_properties``, so that the
matrix is whole under xdist as well. With ``--collect-only`` the result of each test is "not run".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ASSERTIONS = Path(__file__).resolve().parents[1] / "conformance" / "assertions.txt"
NOT_RUN = "not run"
_ID = re.compile(r"(B\d{3})(i?)\b *")
_SEVERITY = {NOT_RUN: 0, "passed": 1, "skipped": 2, "failed": 3}
_PREAMBLE = """# Compliance

What the test suite asserts of the standards, and the tests that show it.
This page is generated: `python -m pytest -m compliance --compliance-matrix=docs/reference/compliance.md`.
An *i* after an id marks a choice that the standard leaves to the server; the line says what ours is.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One mark of one test: the sentence, where it stands, and what came of the test."""

    standard: str
    section: str
    requirement: str
    test: str
    result: str = NOT_RUN

    @property
    def assertion(self) -> str | None:
        """The id of the assertion, without the mark for a choice; None for other sentences."""
        found = _ID.match(self.requirement)
        return found[1] if found else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for the matrix."""
    parser.getgroup("compliance").addoption(
        "--compliance-matrix", metavar="PATH", help="write the matrix of compliance marks to PATH"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect outcomes where the option asks for them; under xdist in the controlling process only."""
    path = config.getoption("--compliance-matrix")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Matrix(Path(path)), "compliance-matrix")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the marks where test reports carry them along."""
    for item in items:
        for mark in item.iter_markers("compliance"):
            item.user_properties.append(("compliance", tuple(mark.args)))


class Matrix:
    """Gathers the marks of every test with its result, and writes them when the session ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.marks: dict[str, list[tuple[str, str, str]]] = {}
        self.results: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the tests of this process; under xdist the controller has none."""
        for item in session.items:
            self._note(item.nodeid, item.user_properties)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the worst outcome of set-up, call and tear-down."""
        self._note(report.nodeid, report.user_properties)
        before = self.results.get(report.nodeid, NOT_RUN)
        self.results[report.nodeid] = max(before, report.outcome, key=_SEVERITY.__getitem__)

    def pytest_sessionfinish(self) -> None:
        """Write the page, unless no test was found: then something else went wrong."""
        if not self.marks:
            return
        rows = [
            Row(*mark, test=_without_scope(test), result=self.results.get(test, NOT_RUN))
            for test, marks in self.marks.items()
            for mark in marks
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(render(rows, read_assertions()), encoding="utf-8")

    def _note(self, test: str, properties: Iterable[tuple[str, object]]) -> None:
        marks = [tuple(map(str, value)) for name, value in properties if name == "compliance"]  # type: ignore[call-overload]
        if marks:
            self.marks[test] = marks


def _without_scope(test: str) -> str:
    """Drop what xdist's loadgroup appends to the id of a test."""
    return test.partition("@")[0] if test.rpartition("@")[2].isidentifier() else test


def read_assertions(path: Path = ASSERTIONS) -> dict[str, tuple[str, str]]:
    """Give, for each assertion id in order, the id as it is printed and its text."""
    found: dict[str, tuple[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _ID.match(line)
        if match:
            found[match[1]] = (match[1] + match[2], line[match.end() :])
    return found


def render(rows: Iterable[Row], assertions: dict[str, tuple[str, str]]) -> str:
    """Give the page: a table of the assertions and one of all other sentences, in a stable order."""
    proofs: dict[str, list[Row]] = defaultdict(list)
    others: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.assertion is None:
            others[row.standard, row.section, row.requirement].append(row)
        else:
            proofs[row.assertion].append(row)
    lines = ["## Assertions", "", "| Id | Requirement | Standard | Tests | Result |", "|---|---|---|---|---|"]
    lines += [
        _line(printed, text, proofs.get(key, []))
        for key, (printed, text) in {**{key: (key, "") for key in sorted(proofs)}, **assertions}.items()
    ]
    lines += [
        "",
        "## Other sentences",
        "",
        "| Requirement | Standard | Tests | Result |",
        "|---|---|---|---|",
    ]
    lines += [_line(None, key[2], found) for key, found in sorted(others.items(), key=_by_section)]
    return "\n".join([_PREAMBLE, *lines]) + "\n"


def _line(printed: str | None, text: str, rows: list[Row]) -> str:
    sections = sorted({(row.standard, _numbers(row.section), row.section) for row in rows})
    where = "<br>".join(f"{standard} §{section}" for standard, _, section in sections)
    found = {row.test.partition("[")[0].removeprefix("tests/") for row in rows}
    tests = "<br>".join(f"`{test}`" for test in sorted(found))
    cells = [
        *([printed] if printed else []),
        text.replace("|", "\\|"),
        where,
        tests or "none",
        _verdict(rows),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(rows: list[Row]) -> str:
    """Give the worst result; a skip hides behind no other result but a failure."""
    return max((row.result for row in rows), key=_SEVERITY.__getitem__, default="no test")


def _by_section(entry: tuple[tuple[str, str, str], object]) -> tuple[str, tuple[tuple[int, str], ...], str]:
    (standard, section, requirement), _ = entry
    return standard, _numbers(section), requirement


def _numbers(section: str) -> tuple[tuple[int, str], ...]:
    """Give the parts of a section number such that 3.10 comes after 3.9."""
    return tuple((int(part), "") if part.isdigit() else (10**6, part) for part in section.split("."))
