"""The wait for the first request, in a browser: a real request over HTTP arrives, and the page says so."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from django_provisioning.models import Connection
from tests.browser.conftest import PageAs, Site
from tests.factories import make_connection, make_token

pytestmark = pytest.mark.django_db(transaction=True)

_WAITING = "Waiting for the first request."
_MORE_THAN_A_LOOK = 15_000


def call(site: Site, token: str) -> int:
    """Send what every identity provider sends first, over the wire."""
    address = f"{site.address}/scim/v2/Users?count=1"
    return requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


def waiting() -> tuple[Connection, str]:
    """Give a connection that nobody has called yet, and its token."""
    connection = make_connection("lumen", idp="okta")
    return connection, make_token(connection)


def test_watch_tells_of_the_first_request_when_it_arrives(site: Site, page: Any) -> None:
    """Watching is started by a click, ends by itself, and is told to screen readers as it happens."""
    from playwright.sync_api import expect

    connection, token = waiting()
    page.goto(site.url("connection_setup", connection.pk))
    status = page.locator("#first-request")
    expect(status).to_contain_text(_WAITING)
    expect(page.locator("#problems")).to_contain_text("waiting for the first request")
    page.get_by_role("button", name="Watch for requests").click()
    expect(status).to_have_text("Watching. Nothing has arrived yet.")

    answer = call(site, token)

    expect(status).to_contain_text("✓ A request has arrived:", timeout=_MORE_THAN_A_LOOK)
    expect(page.locator("#problems")).to_be_hidden()
    expect(page.get_by_role("button", name="Watch for requests")).to_be_visible()
    assert answer == 200
    assert status.get_attribute("role") == "status"


def test_watch_can_be_stopped(site: Site, page: Any) -> None:
    """The button that starts it stops it, and then nothing is asked any more."""
    from playwright.sync_api import expect

    connection, _token = waiting()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "status" in request.url else None)
    page.goto(site.url("connection_setup", connection.pk))
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Watch for requests").click()
    page.clock.run_for(12_000)
    page.get_by_role("button", name="Stop watching").click()
    before = len(asked)

    page.clock.run_for(60_000)

    expect(page.locator("#first-request")).to_have_text("Stopped watching.")
    assert before >= 1
    assert len(asked) == before


def test_watch_gives_up_after_ten_minutes(site: Site, page: Any) -> None:
    """A tab that somebody forgot does not ask for ever."""
    from playwright.sync_api import expect

    connection, _token = waiting()
    page.clock.install()
    page.goto(site.url("connection_setup", connection.pk))
    page.evaluate(
        'window.fetch = async () => (asked += 1, new Response(\'{"last_request": ""}\')); asked = 0'
    )
    page.get_by_role("button", name="Watch for requests").click()

    for _look in range(150):
        page.clock.run_for(5_000)

    expect(page.locator("#first-request")).to_contain_text("Nothing has arrived in ten minutes.")
    expect(page.get_by_role("button", name="Watch for requests")).to_be_visible()
    assert page.evaluate("asked") == 120


def test_watch_says_when_the_session_has_ended(site: Site, page: Any) -> None:
    """A page that is not answered any more must not look as if nothing had arrived."""
    from playwright.sync_api import expect

    connection, _token = waiting()
    page.goto(site.url("connection_setup", connection.pk))
    page.context.clear_cookies()

    page.get_by_role("button", name="Watch for requests").click()

    expect(page.locator("#first-request")).to_contain_text("Reload it, and log in again")


def test_first_request_is_told_without_a_script(site: Site, page_as: PageAs) -> None:
    """Without JavaScript a link looks again, and no button is there that does nothing."""
    from playwright.sync_api import expect

    from tests.admin.pages import superuser

    connection, token = waiting()
    page = page_as(superuser().person, java_script_enabled=False)
    page.goto(site.url("connection_setup", connection.pk))
    expect(page.locator("#first-request")).to_contain_text(_WAITING)
    expect(page.get_by_role("button", name="Watch for requests")).to_be_hidden()

    call(site, token)
    page.get_by_role("link", name="Check again").click()

    expect(page.locator("#first-request")).to_contain_text("✓ Last request:")
