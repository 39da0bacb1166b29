"""Right-to-left languages and long words: the layout turns round and nothing falls out of its box."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site

pytestmark = pytest.mark.django_db(transaction=True)

_START = """() => { const box = selector => document.querySelector(selector).getBoundingClientRect();
    const outer = box('.provisioning-section'), heading = document.createRange();
    heading.selectNodeContents(document.querySelector('.provisioning-section h2'));
    const text = heading.getBoundingClientRect();
    return [text.left - outer.left, outer.right - text.right]; }"""


@pytest.fixture
def arabic(settings: Any) -> Any:
    """A project in a language that is read from the right, for the time of a test."""
    settings.LANGUAGE_CODE = "ar"
    with translation.override("ar"):
        yield


def margins(tab: Any, site: Site) -> tuple[float, float]:
    """Give how far a heading is from the left and the right edge of its section."""
    tab.goto(site.url("dashboard_changelist"))
    left, right = tab.evaluate(_START)
    return float(left), float(right)


def test_layout_turns_round(arabic: None, site: Site, page_as: PageAs) -> None:
    """In Arabic the text begins at the right edge, numbers stand at the left, and the page does not scroll sideways."""
    tab = page_as(superuser().person, locale="ar")

    left, right = margins(tab, site)

    assert tab.locator("html").get_attribute("dir") == "rtl"
    assert right < left
    assert (
        tab.locator("td.provisioning-number").first.evaluate("cell => getComputedStyle(cell).textAlign")
        == "end"
    )
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_layout_of_english_begins_at_the_left(site: Site, page: Any) -> None:
    """The measure of the test above tells the two directions apart."""
    left, right = margins(page, site)

    assert left < right


def test_long_words_stay_in_their_boxes(site: Site, page: Any) -> None:
    """With every text half as long again, as translations are, tiles and buttons still hold theirs."""
    page.goto(site.url("dashboard_changelist"))
    page.evaluate(
        """() => {
        const content = document.querySelector('#content-main');
        const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode.textContent, half = text.trim().length / 2;
            if (half > 1) walker.currentNode.textContent = text + 'ẍ'.repeat(half);
        } }"""
    )

    outside = page.evaluate(
        """() => [...document.querySelectorAll('.provisioning-tile, .provisioning-buttons a')]
        .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.textContent.trim().slice(0, 60))"""
    )

    assert outside == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
