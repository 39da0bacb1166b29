"""Every page of the app that a superuser can open, as addresses of the running site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.test import Client

from tests.admin.pages import superuser
from tests.browser.conftest import Site
from tests.dashboard.test_walk import names, url

# Under Unfold some rules and selectors differ: its markup is not Django's.
IS_UNFOLD = "unfold" in settings.INSTALLED_APPS
# What is no page, and the history of Django's own making, which has only a sentence of ours.
_LEFT_OUT = ("_export", "_setup_status", "_history")


def every_page(site: Site) -> dict[str, str]:
    """Give the address of each page by the name of its URL, e.g. ``account_change``."""
    client = superuser().client
    return {
        name: address
        for name, address in _candidates(site).items()
        if _is_page(client, address.removeprefix(site.address))
    }


def every_tab(site: Site, tab: Any) -> Iterator[tuple[str, Any]]:
    """Open every page in turn, and last the page of a new token, which only a form leads to."""
    for name, address in _candidates(site).items():
        answer = tab.goto(address)
        if answer.status == 200 and answer.request.redirected_from is None:
            yield name, tab
    tab.goto(site.url("connection_issue_token", site.rows["connection"].pk))
    tab.get_by_label("Name").fill("Okta production")
    tab.locator("input[type=submit]").click()
    tab.get_by_text("It is never shown again").wait_for()
    yield "new_token", tab


def _candidates(site: Site) -> dict[str, str]:
    """Give what may be a page: some operations have nothing to do on this site, and lead elsewhere."""
    return {_short(name): site.address + url(name) for name in names() if not name.endswith(_LEFT_OUT)}


def _is_page(client: Client, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")


def _short(name: str) -> str:
    return name.removeprefix("django_provisioning_")
