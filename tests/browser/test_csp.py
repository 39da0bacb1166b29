"""A strict Content-Security-Policy: the browser reports nothing on any page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site
from tests.browser.pages import IS_UNFOLD, every_tab

pytestmark = pytest.mark.django_db(transaction=True)

# Unfold 0.110 is made with Alpine, which evaluates attributes, and writes its colours into each page: under it no
# policy without these two holds. Ours needs neither.
_SCRIPT, _STYLE = (" 'unsafe-eval'", " 'unsafe-inline'") if IS_UNFOLD else ("", "")
POLICY = (
    f"default-src 'self'; script-src 'self'{_SCRIPT}; style-src 'self'{_STYLE}; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
# The policy holds for documents; a detour for each asset of a page would cost more than the page.
_NO_ASSET = re.compile(r"^https?://[^/]+/(?!static/)")


def under_policy(tab: Any, policy: str = POLICY) -> list[str]:
    """Send the policy with every page from now on, and give the list into which the browser's complaints come."""
    complaints: list[str] = []

    def listen(message: Any) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    tab.on("console", listen)
    tab.context.route(_NO_ASSET, _with_header("content-security-policy", policy))
    return complaints


def _with_header(name: str, value: str) -> Callable[[Any], None]:
    def handle(route: Any) -> None:
        if route.request.resource_type != "document":
            route.continue_()
            return
        # Redirects go through as they are, so that the browser follows them itself.
        answer = route.fetch(max_redirects=0)
        route.fulfill(response=answer, headers={**answer.headers, name: value})

    return handle


def test_no_page_breaks_a_strict_policy(site: Site, page_as: PageAs) -> None:
    """No inline style, no inline script, nothing from elsewhere: not in ours, and not in the admin around it."""
    tab = page_as(superuser().person)
    complaints = under_policy(tab)
    problems: dict[str, list[str]] = {}

    for name, _opened in every_tab(site, tab):
        problems[name] = [*complaints]
        complaints.clear()

    assert {name: found for name, found in problems.items() if found} == {}
    assert len(problems) > 30


@pytest.mark.parametrize(
    "intruder",
    [
        '<p style="color: red">red</p>',
        "<style>p { color: red }</style>",
        '<img src="https://assets.example.org/a.png">',
    ],
)
@pytest.mark.skipif(IS_UNFOLD, reason="Unfold needs inline style, so the policy under it allows that")
def test_policy_sees_an_intruder(intruder: str, site: Site, page: Any) -> None:
    """What the policy forbids is reported: the test above can fail."""
    complaints = under_policy(page)
    page.goto(site.url("dashboard_changelist"))
    assert complaints == []

    page.evaluate("html => { document.querySelector('#content-main').innerHTML += html }", intruder)

    page.wait_for_timeout(100)
    assert len(complaints) == 1


def test_copy_button_works_under_the_policy(site: Site, page_as: PageAs) -> None:
    """The script is a file of ours, so the policy lets it show the button and copy the URL."""
    tab = page_as(superuser().person, permissions=["clipboard-read", "clipboard-write"])
    under_policy(tab)
    tab.goto(site.url("connection_setup", site.rows["connection"].pk))

    tab.get_by_role("button", name="Copy URL").click()

    tab.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()").endswith("/scim/v2")
