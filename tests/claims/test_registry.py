"""The rows and the suite agree: every proof that is listed is there, and every test that speaks of a row is listed."""

from __future__ import annotations

import doctest

import pytest

from tests.claims import proofs, row
from tests.claims.page import PAGE, ROWS, page

ALL_IDS = [f"C{number}" for number in range(1, 42)] + [f"N{number}" for number in range(1, 27)]
LISTED = {(one.id, file, name) for one in ROWS for file, names in one.tests.items() for name in names}


def test_every_row_is_there_once() -> None:
    """No promise is dropped in silence."""
    assert [one.id for one in ROWS] == ALL_IDS


@pytest.mark.parametrize("one", ROWS, ids=lambda one: one.id)
def test_row_has_a_proof_or_says_what_is_missing(one: row.Row) -> None:
    """A row without a proof has a reason, and a duty is a sentence."""
    assert one.tests or one.pages or one.missing
    assert one.duty.endswith(".")
    assert not one.missing or one.missing.endswith(".")


@pytest.mark.parametrize("one", ROWS, ids=lambda one: one.id)
def test_row_names_tests_that_speak_of_it(one: row.Row) -> None:
    """Each listed test exists, and its docstring, or that of its module, names the row."""
    named = proofs.suite()

    lost = [
        f"{file}::{name}"
        for file, names in one.tests.items()
        for name in names
        if one.id not in named.get((file, name), set()) | proofs.files().get(file, set())
        or (file, name) not in named
    ]

    assert lost == []


@pytest.mark.parametrize("one", ROWS, ids=lambda one: one.id)
def test_row_names_pages_that_are_there(one: row.Row) -> None:
    """Each listed page exists and has the heading."""
    assert [page for page in one.pages if not proofs.has_heading(page)] == []


def test_every_test_that_names_a_row_is_listed() -> None:
    """A docstring that claims a proof is on the page: add the line to the row, then write the page anew."""
    claimed = {(id_, *test) for test, ids in proofs.suite().items() for id_ in ids}

    assert sorted(claimed - LISTED) == []


def test_every_module_that_names_a_row_has_a_test_there() -> None:
    """What the docstring of a module promises is done by a test in it."""
    listed = {(id_, file) for id_, file, _name in LISTED}

    assert [
        (id_, file)
        for file, ids in proofs.files().items()
        for id_ in sorted(ids)
        if (id_, file) not in listed
    ] == []


def test_page_is_what_the_rows_say() -> None:
    """The page of the documentation is made of the rows."""
    assert PAGE.read_text() == page()


def test_examples_in_the_docstrings_hold() -> None:
    """What the docstrings show is what the code gives."""
    assert doctest.testmod(proofs).failed == 0
    assert doctest.testmod(proofs).attempted > 0
