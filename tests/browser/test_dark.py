"""Light or dark: as the system asks, or as the person chose with the admin's own switch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site
from tests.browser.pages import IS_UNFOLD

pytestmark = pytest.mark.django_db(transaction=True)

_BAD = "getComputedStyle(document.documentElement).getPropertyValue('--provisioning-bad').trim()"
_LIGHT, _DARK = "#ba2121", "#ff8a80"
# Where Django's admin and Unfold keep what the person chose.
_CHOICE = ("adminTheme", '"{}"') if IS_UNFOLD else ("theme", "{}")


def colour(tab: Any, site: Site, chosen: str | None = None) -> str:
    """Give the colour of what is bad on the overview, after a choice."""
    tab.goto(site.url("dashboard_changelist"))
    if chosen:
        key, form = _CHOICE
        tab.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, form.format(chosen)])
        tab.reload()
    return str(tab.evaluate(_BAD))


@pytest.mark.parametrize(("system", "expected"), [("light", _LIGHT), ("dark", _DARK)])
def test_colours_follow_the_system(system: str, expected: str, site: Site, page_as: PageAs) -> None:
    """Without a choice the pages are as the system asks."""
    tab = page_as(superuser().person, color_scheme=system)

    assert colour(tab, site) == expected


@pytest.mark.parametrize(
    ("system", "chosen", "expected"), [("dark", "light", _LIGHT), ("light", "dark", _DARK)]
)
def test_choice_of_the_person_wins(
    system: str, chosen: str, expected: str, site: Site, page_as: PageAs
) -> None:
    """Who chose light on a dark system reads dark letters on white, not pale ones."""
    tab = page_as(superuser().person, color_scheme=system)

    assert colour(tab, site, chosen) == expected


def test_nothing_vanishes_in_forced_colours(site: Site, page_as: PageAs) -> None:
    """With the colours of a high-contrast system each status still has its sign, and the chart its table."""
    tab = page_as(superuser().person, forced_colors="active")
    tab.goto(site.url("dashboard_changelist"))

    text = tab.inner_text("#content-main")

    assert "✕" in text
    assert "✓" in text
    assert tab.locator("details table").count() >= 1
