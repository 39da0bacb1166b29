"""What the tests of this folder share: one Chromium, a running site with something of everything, open pages.

``site`` is the running site with its rows, ``page`` a tab of a superuser, ``page_as(user)`` a tab of somebody else;
``page_as(None)`` is a visitor. Tabs take the options of ``new_context`` in Playwright, such as ``color_scheme``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from tests.admin.pages import superuser
from tests.dashboard.scenes import one_of_each

_PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_SECOND = 1_000

PageAs = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one process: they share a browser, and two would take turns anyway."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.xdist_group("chromium"))


@dataclass(frozen=True, slots=True)
class Site:
    """A running site. ``rows`` has a ``connection``, an ``account`` and its ``user``, see ``one_of_each``."""

    address: str
    rows: dict[str, Any]

    def url(self, page: str, *args: Any) -> str:
        """Give the whole address of a page, e.g. ``url("account_change", 7)``."""
        return self.address + reverse(f"admin:django_provisioning_{page}", args=args)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """One browser without a screen for all tests of this folder."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if _PROGRAM is None:
        if os.environ.get("REQUIRED"):
            pytest.fail("REQUIRED=1 asks for a browser, and there is no chromium.")
        pytest.skip("there is no chromium")
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        # Playwright holds an event loop in this thread, though nothing here is asynchronous.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path=_PROGRAM, headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def site(chromium: Any, live_server: LiveServer) -> Site:
    """A running site with something of everything."""
    return Site(str(live_server.url), one_of_each())


@pytest.fixture
def page_as(chromium: Any, site: Site) -> Iterator[PageAs]:
    """A maker of tabs: ``page_as(user, color_scheme="dark")``; each has its own cookies."""
    contexts: list[Any] = []

    def open_tab(user: Any, **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(30 * _SECOND)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.address}])
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture
def page(page_as: PageAs) -> Any:
    """A tab of a superuser."""
    return page_as(superuser().person)
