"""Writes docs/explanation/claims.md from the rows: ``python -m tests.claims.page``."""

from __future__ import annotations

from collections.abc import Iterable

from tests.claims.access import ROWS as ACCESS
from tests.claims.governance import ROWS as GOVERNANCE
from tests.claims.row import ROOT, Row

PAGE = ROOT / "docs" / "explanation" / "claims.md"
ROWS = (*ACCESS, *GOVERNANCE)
_HEAD = """# What is promised, and what proves it

Each row is a duty that follows from what is commonly said of accounts made at login and accounts pushed by a directory.
The rows C come of comparing the two, the rows N of treating both as the governance of accounts.
A row is *proven* by the tests and pages beside it; one that is *in part* says what is missing; an *open* one says why.
A test fails when a proof that is listed here is gone.
This page is written by `python -m tests.claims.page`.

"""


def page() -> str:
    """Give the text of the page: what is not proven first, then every row."""
    return _HEAD + "\n".join([*_summary(), *_table("Choosing between login and directory", ACCESS),
                              *_table("Governing accounts", GOVERNANCE)])  # fmt: skip


def _summary() -> Iterable[str]:
    count = {status: sum(row.status == status for row in ROWS) for status in ("proven", "in part", "open")}
    yield (f"{len(ROWS)} rows: {count['proven']} proven, {count['in part']} in part, {count['open']} open.")
    yield from ("", "## What is missing", "", "| Row | | What is missing |", "|---|---|---|")
    for status in ("open", "in part"):
        yield from (
            f"| {row.id} | {row.status} | {_sentence(row.missing)} |" for row in ROWS if row.status == status
        )
    yield ""


def _table(title: str, rows: Iterable[Row]) -> Iterable[str]:
    yield from (f"## {title}", "", "| Row | | Duty | Proof |", "|---|---|---|---|")
    for row in rows:
        yield f"| {row.id} | {row.status} | {row.duty} | {'<br>'.join(_proofs(row))} |"
    yield ""


def _proofs(row: Row) -> Iterable[str]:
    for page_ in row.pages:
        yield f"[{page_.removeprefix('docs/')}](../../{page_})"
    for file, names in row.tests.items():
        shown = ", ".join(f"`{name.removeprefix('test_')}`" for name in names)
        yield f"[{file}](../../tests/{file}): {shown}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(page())
