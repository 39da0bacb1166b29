"""What axe-core and a narrow window say of every page, in light and in dark.

Under Unfold the same with ``--ds tests.settings.unfold``.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site
from tests.browser.pages import IS_UNFOLD, every_tab

pytestmark = pytest.mark.django_db(transaction=True)

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_EXCESS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# What is not ours, by selector, each with its reason; all else of every page is judged.
_FRAME = {
    "#searchbar": "Django labels its search box with a picture and no text that is seen",
    ".breadcrumbs": "Django's breadcrumbs, also ours that look like them: links without underline, in a list",
}
_FRAME_OF_UNFOLD = {
    "#header-inner": "Unfold's bar on top",
    "#nav-sidebar": "Unfold's sidebar",
}
# Rules about the frame as a whole cannot be narrowed by a selector.
_OFF_UNDER_UNFOLD = {
    "landmark-one-main": "Unfold has no main element",
    "region": "so its content stands in no landmark",
    "page-has-heading-one": "Unfold has the title in the bar on top, as no heading",
}


def judge(tab: Any, **options: Any) -> list[str]:
    """Give what axe-core finds: the rule, and where."""
    excluded = [[selector] for selector in (_FRAME_OF_UNFOLD if IS_UNFOLD else _FRAME)]
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(AXE_SCRIPT)
    found = tab.evaluate(
        "async wanted => (await axe.run(...wanted)).violations",
        # It would load every style sheet again, for one rule: that no page is locked to one orientation.
        [{"exclude": excluded}, {"resultTypes": ["violations"], "preload": False, **options}],
    )
    return [f"{one['id']}: {node['target']} {node['html'][:160]}" for one in found for node in one["nodes"]]


def all_rules() -> dict[str, Any]:
    """Give the options that run every rule that judges what is ours."""
    off = {rule: {"enabled": False} for rule in (_OFF_UNDER_UNFOLD if IS_UNFOLD else ())}
    return {"runOnly": {"type": "tag", "values": _TAGS}, "rules": off}


def darken(tab: Any) -> None:
    """Turn the system dark. Links would fade from one colour to the other, and be judged on the way."""
    tab.add_style_tag(content="*, *::before, *::after { transition: none !important }")
    tab.emulate_media(color_scheme="dark")
    if IS_UNFOLD:
        # It looks at the system only while a page loads, and the page of a new token loads once.
        tab.evaluate("document.documentElement.classList.add('dark')")


def only(rule: str) -> dict[str, Any]:
    """Give the options that run one rule."""
    return {"runOnly": {"type": "rule", "values": [rule]}}


def too_wide(tab: Any) -> list[str]:
    """Give the widths at which the page scrolls sideways, and the boxes that scroll and no keyboard reaches."""
    excess = {}
    for width in (1280, 320):
        tab.set_viewport_size({"width": width, "height": 800})
        excess[width] = tab.evaluate(_EXCESS)
    unreachable = judge(tab, **only("scrollable-region-focusable"))
    tab.set_viewport_size({"width": 1280, "height": 800})
    return [*(f"{more} px too wide for {width}" for width, more in excess.items() if more > 0), *unreachable]


def flat(problems: dict[str, list[str]]) -> list[str]:
    """Give each finding with its page in front."""
    return [f"{name}: {one}" for name, found in problems.items() for one in found]


def test_every_page_passes_axe_and_fits_every_window(site: Site, page_as: PageAs) -> None:
    """axe-core finds nothing in light, no weak contrast in dark, and no page scrolls sideways down to 320 px.

    WCAG 1.4.10: wide tables scroll in a box of their own, which can be reached by keyboard. One walk for all of it,
    because opening the pages is most of the time.
    """
    tab = page_as(superuser().person, color_scheme="light", reduced_motion="reduce")
    problems: dict[str, list[str]] = {}

    for name, opened in every_tab(site, tab):
        problems[name] = judge(opened, **all_rules())
        problems[f"{name} in a narrow window"] = too_wide(opened)
        darken(opened)
        problems[f"{name} in dark"] = judge(opened, **only("color-contrast"))
        opened.emulate_media(color_scheme="light")

    assert flat(problems) == []
    assert len(problems) > 90


def test_axe_sees_what_is_ours(site: Site, page: Any) -> None:
    """A picture without a text, weak contrast and an unlabelled field in our content are found: the test can fail."""
    page.goto(site.url("dashboard_changelist"))
    page.evaluate(
        """() => document.querySelector("#content-main").insertAdjacentHTML("beforeend",
        '<img src="/static/x.png"><input type="text"><p id="weak">weak</p>')"""
    )
    page.add_style_tag(content="#weak { color: #aaa !important; background: #fff !important }")

    rules = {line.partition(":")[0] for line in judge(page, **all_rules())}

    assert {"image-alt", "label", "color-contrast"} <= rules


def test_keyboard_focus_is_seen(site: Site, page: Any) -> None:
    """WCAG 2.4.7: whatever Tab reaches within our content has an outline, a shadow or another border."""
    page.goto(site.url("dashboard_changelist"))
    look = """() => { const style = getComputedStyle(document.activeElement);
        return [document.activeElement.matches('#content-main *'), style.outlineStyle, style.boxShadow]; }"""
    page.evaluate("document.querySelector('#content-main a').focus()")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        is_ours, outline, shadow = page.evaluate(look)
        if is_ours:
            reached.append(outline != "none" or shadow != "none")

    assert len(reached) > 5
    assert all(reached)
