"""The matrix itself: complete, and as it is committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins.compliance import Row, read_assertions, render

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs" / "reference" / "compliance.md"
REMEDY = "Run: python -m pytest -m compliance --compliance-matrix=docs/reference/compliance.md"
_RESULT = re.compile(r"\| (?P<result>[a-z ]+) \|$", re.MULTILINE)

# One process collects the suite for all of these tests.
pytestmark = pytest.mark.xdist_group("compliance-matrix")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the matrix of the whole suite as it is now, without running it."""
    page = tmp_path_factory.mktemp("matrix") / "compliance.md"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests",
        "--collect-only",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [*command, f"--compliance-matrix={page}"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return page.read_text(encoding="utf-8")


def results(page: str) -> dict[str, str]:
    """Give the result of each assertion on a page."""
    return dict(re.findall(r"^\| (B\d{3})i? \|.*\| ([a-z ]+) \|$", page, re.MULTILINE))


def test_every_assertion_has_a_test(collected: str) -> None:
    """Each line of assertions.txt is proved by a test of the suite, and no test names an assertion that is none."""
    found = results(collected)

    assert list(read_assertions()) == [f"B{number:03}" for number in range(1, 214)]
    assert sorted(found) == list(read_assertions())
    assert [assertion for assertion, result in found.items() if result != "not run"] == []


def test_committed_matrix_is_up_to_date(collected: str) -> None:
    """The page in docs names the tests that there are."""
    committed = COMMITTED.read_text(encoding="utf-8")

    assert _RESULT.sub("|", committed) == _RESULT.sub("|", collected), REMEDY


def test_committed_matrix_has_passed(collected: str) -> None:
    """The page in docs shows a run in which every assertion held."""
    committed = results(COMMITTED.read_text(encoding="utf-8"))

    assert [assertion for assertion in results(collected) if committed.get(assertion) != "passed"] == []


def test_matrix_shows_the_worst_result_and_what_has_no_test() -> None:
    """One failed case makes the assertion failed; an assertion without a test says so; 3.10 comes after 3.9."""
    rows = [
        Row("RFC 7644", "3.10", "B001 first", "tests/a.py::test_a[1]", "passed"),
        Row("RFC 7644", "3.9", "B001 first", "tests/a.py::test_a[2]", "failed"),
        Row("RFC 7643", "2", "a | sentence", "tests/b.py::test_b", "skipped"),
    ]

    lines = render(rows, {"B001": ("B001i", "one"), "B002": ("B002", "two")}).splitlines()

    assert "| B001i | one | RFC 7644 §3.9<br>RFC 7644 §3.10 | `a.py::test_a` | failed |" in lines
    assert "| B002 | two |  | none | no test |" in lines
    assert "| a \\| sentence | RFC 7643 §2 | `b.py::test_b` | skipped |" in lines
