"""The title of each page of our own, once, under whichever admin shows it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from django_provisioning.models import SessionIndex
from tests.admin.pages import superuser, text_of
from tests.dashboard.scenes import one_of_each

pytestmark = pytest.mark.django_db

_CONTENT = re.compile(r'<div id="content-main">\s*<h1>([^<]+)</h1>')


@pytest.mark.parametrize(
    ("page", "row", "title"),
    [
        ("dashboard_changelist", "", "Overview"),
        ("connection_setup", "connection", "Set up Acme"),
        ("connection_end", "connection", "End this connection"),
        ("connection_explain", "connection", ""),
        ("account_offboard", "account", "Offboard"),
    ],
)
def test_page_shows_its_title_once(page: str, row: str, title: str) -> None:
    """Unfold names only the list in its bar: without a title of ours nobody sees what a page would do, and to whom."""
    rows = one_of_each()

    text = text_of(superuser().get(page, *([rows[row].pk] if row else [])))

    found = _CONTENT.findall(text)
    assert len(found) == 1
    assert title in found[0]
    assert text.count(f"<h1>{found[0]}</h1>") == 1


def test_session_is_named_by_a_time_with_its_zone(settings: Any) -> None:
    """The name stands above its page, where every other time is local."""
    settings.TIME_ZONE = "America/New_York"
    session = SessionIndex(user_id=7, created_at=datetime(2026, 11, 22, 9, 36, tzinfo=UTC))

    assert str(session) == "7 since 2026-11-22 04:36 EST"
