"""One login by each protocol in a real browser, against a real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from django_provisioning.models import Event
from tests.jit.doors import Door, make_person
from tests.jit.scenes import identity_of
from tests.jit.service_provider import sp_metadata

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("chromium")]

sync_api = pytest.importorskip("playwright.sync_api")
_PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_SECOND = 1_000


@contextmanager
def window() -> Iterator[Any]:
    """Open a window of the system's Chromium, without a screen."""
    if _PROGRAM is None:
        if os.environ.get("REQUIRED"):
            pytest.fail("REQUIRED=1 asks for a browser, and there is no chromium.")
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_PROGRAM, headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_default_timeout(60 * _SECOND)
        yield page
        browser.close()


@pytest.fixture
def site(door: Door, live_server: LiveServer) -> str:
    """Give the address of the running site, which the provider of the door knows."""
    if door.name == "saml":
        door.provider.add_service_provider(sp_metadata(live_server.url))  # type: ignore[attr-defined]
    else:
        clients = door.provider.clients  # type: ignore[attr-defined]
        redirect = f"{live_server.url}/oidc/callback/"
        clients["suite"] = replace(
            clients["suite"], redirect_uris=(*clients["suite"].redirect_uris, redirect)
        )
    return str(live_server.url)


def test_person_clicks_through_a_login(door: Door, site: str) -> None:
    """The browser goes to the provider, the person presses a button, and the site knows who it is."""
    connection = door.connect()
    person = make_person(given_name="Ada", family_name="Marsh")
    door.people[person.key] = person

    with window() as page:
        page.goto(site + door.login_path)
        page.get_by_role("button", name="Ada Marsh").click()
        page.wait_for_url(f"{site}/whoami/")
        text = page.inner_text("body")

    assert '"username": "ada.marsh"' in text
    assert identity_of(connection, "ada.marsh").subject == person.key


def test_person_who_is_refused_reads_whom_to_ask(door: Door, site: str) -> None:
    """The page is readable and its reference leads to the event."""
    door.connect(jit="off")
    person = make_person(given_name="Ada", family_name="Marsh")
    door.people[person.key] = person

    with window() as page:
        page.goto(site + door.login_path)
        page.get_by_role("button", name="Ada Marsh").click()
        page.get_by_role("heading", name="Sign-in refused").wait_for()
        reference = page.inner_text("code")
        text = page.inner_text("main")

    assert "Please ask the service desk." in text
    assert Event.objects.get(correlation_id=reference).reason == "jit_disabled"
