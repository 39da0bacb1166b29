"""The documentation convinces by what the tests show, not by other people's numbers, and answers what is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.claims.page import ROWS
from tests.claims.proofs import ids_in

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "SECURITY.md"]
QUESTIONS = ROOT / "docs" / "explanation" / "questions.md"
_QUOTED = re.compile(r"\d\s*(%|per ?cent)|\b(survey|study|studies|analysts?)\b", re.IGNORECASE)
# Shares of something of our own, by page: how the valve and the coverage count.
_OWN = re.compile(
    r"mass_leave|coverage|score|breaker|queries|requests|axe|contrast|zoom|width", re.IGNORECASE
)


def quoted_figures(text: str) -> list[str]:
    """Give the lines that name a share or a survey, and are not about a figure of our own."""
    return [line for line in text.splitlines() if _QUOTED.search(line) and not _OWN.search(line)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_quotes_no_survey(path: Path) -> None:
    """Figures of vendors vary in rigour and grow old, so no page quotes any (C20)."""
    assert quoted_figures(path.read_text()) == []


def test_quoted_figure_is_seen() -> None:
    """The search finds what it is there to find."""
    assert quoted_figures("A survey says so.\n48 % keep access.\nNothing.\nThe score is 75 %.") == [
        "A survey says so.",
        "48 % keep access.",
    ]


def test_answers_for_a_review_lead_to_rows_that_are_proven() -> None:
    """No copy-ready answer leans on a row that is open, and each leads to a proof (C18)."""
    answers = _section("Answers for a security review")
    status = {row.id: row.status for row in ROWS}
    shown = [line.split("|")[3] for line in answers.splitlines() if line.startswith("| ") and "](" in line]

    assert len(shown) == 10
    assert all("](" in proof for proof in shown)
    assert {status[id_] for proof in shown for id_ in ids_in(proof)} == {"proven"}


@pytest.mark.parametrize("subject", ["SAML", "removed at the identity provider", "audit", "cost", "build it"])
def test_questions_that_are_always_asked_have_an_answer(subject: str) -> None:
    """The page has a heading for each of them, and a text below it (C35)."""
    heading = next(
        line for line in QUESTIONS.read_text().splitlines() if line[:3] == "## " and subject in line
    )

    assert len(_section(heading.removeprefix("## "))) > 100


def _section(heading: str) -> str:
    return QUESTIONS.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
