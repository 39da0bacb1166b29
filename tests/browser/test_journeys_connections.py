"""Journeys of whoever connects an identity provider, by what stands on the page and by real requests."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from django_provisioning.models import Connection, Event
from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site

pytestmark = pytest.mark.django_db(transaction=True)


def ask(
    base_url: str, token: str, method: str = "GET", path: str = "/Users", **body: Any
) -> requests.Response:
    """Send a request as a directory does, over the wire."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
    return requests.request(method, base_url + path, json=body or None, headers=headers, timeout=10)


def token_on(page: Any) -> str:
    """Read the token from the page that shows it once."""
    return str(page.get_by_text("djprov_").inner_text()).strip()


def test_connection_is_made_and_its_first_request_arrives(site: Site, page_as: PageAs) -> None:
    """From an empty form to the first push, with the URL and the token taken from the pages (C21, N13)."""
    page = page_as(superuser().person, permissions=["clipboard-read", "clipboard-write"])
    page.goto(site.url("connection_add"))
    page.get_by_label("Name:").fill("Tundra")
    # The slug writes itself while the name is typed.
    page.keyboard.press("Tab")
    page.get_by_label("Identity provider:").select_option("okta")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Change connection").wait_for()
    connection = Connection.objects.get(slug="tundra")

    page.goto(site.url("connection_setup", connection.pk))
    page.get_by_role("button", name="Copy URL").click()
    page.get_by_role("button", name="Copied").wait_for()
    base_url = page.evaluate("navigator.clipboard.readText()")
    assert page.get_by_text("Waiting for the first request").is_visible()
    page.get_by_role("link", name="Issue a token").click()
    page.get_by_label("Name:").fill("Okta production")
    page.get_by_role("button", name="Issue token").click()
    token = token_on(page)
    page.get_by_role("link", name="I have copied it").click()
    pushed = ask(base_url, token, "POST", userName="tove@example.com")

    page.goto(site.url("connection_setup", connection.pk))
    assert pushed.status_code == 201
    assert page.get_by_text("Waiting for the first request").count() == 0
    assert page.get_by_text("Last request:").is_visible()
    assert token not in page.content()


def test_token_is_rotated_with_an_overlap_and_revoked(site: Site, page: Any) -> None:
    """Both tokens work after the rotation; the old one is then revoked with a reason, and the new one goes on (N13)."""
    connection = site.rows["connection"]
    page.goto(site.url("connection_issue_token", connection.pk))
    page.get_by_label("Name:").fill("first")
    page.get_by_role("button", name="Issue token").click()
    old = token_on(page)
    key_id = old.split("_")[1]
    page.get_by_role("link", name="I have copied it").click()

    page.get_by_role("row").filter(has_text=key_id).get_by_role("link", name="Rotate").click()
    page.get_by_label("Hours that the old token lives on").fill("2")
    page.get_by_role("button", name="Rotate token").click()
    new = token_on(page)
    during = [ask(f"{site.address}/scim/v2", token).status_code for token in (old, new)]
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("row").filter(has_text=key_id).get_by_role("link", name="Revoke").click()
    page.get_by_label("Reason:").fill("TICKET-12")
    page.get_by_role("button", name="Revoke token").click()

    assert old != new
    assert during == [200, 200]
    assert [ask(f"{site.address}/scim/v2", token).status_code for token in (old, new)] == [401, 200]
    assert Event.objects.get(type="token.revoked").reason == "TICKET-12"
    assert Event.objects.get(type="token.revoked").effects == {"key_id": key_id}
