"""The set-up page: steps for each identity provider, the URL to copy, and the wait for the first request."""

from __future__ import annotations

import json
import re

import pytest
from django.utils import timezone
from django.utils.html import conditional_escape

from django_provisioning.admin.connection.setup_guides import GUIDES, guide_of
from django_provisioning.lifecycle.connections import IDPS
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import EVIL
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

WANTED = ("entra", "okta", "onelogin", "jumpcloud", "google", "ping", "keycloak")


@pytest.mark.parametrize("idp", [*WANTED, "generic"])
def test_setup_page_has_the_steps_of_the_idp(idp: str) -> None:
    """Each product has steps of its own, with the URL that it wants."""
    connection = make_connection("acme", idp=idp)
    guide = guide_of(idp)

    page = text_of(superuser().get("connection_setup", connection.pk))

    assert f"http://testserver/scim/v2{guide.url_suffix}" in page
    assert guide.name in page
    assert len(guide.steps) >= 5
    assert all(conditional_escape(str(step)) in page for step in (*guide.steps, *guide.expect))
    assert conditional_escape(guide.template) in page


@pytest.mark.parametrize("idp", [*WANTED, "generic"])
def test_setup_page_names_the_page_of_the_vendor(idp: str) -> None:
    """Where the steps are from is a plain link, over https, that hands nothing on to the other site."""
    connection = make_connection("acme", idp=idp)

    page = text_of(superuser().get("connection_setup", connection.pk))

    assert guide_of(idp).sources
    for source in guide_of(idp).sources:
        assert source.url.startswith("https://")
        assert f'<a href="{conditional_escape(source.url)}" rel="noopener noreferrer"' in page
        assert conditional_escape(source.title) in page
        assert not source.read or f"compared in {source.read}" in page


@pytest.mark.parametrize(
    ("idp", "quirk"),
    [
        ("entra", "aadOptscim062020"),
        ("okta", "Import reads the people who are here into Okta"),
        ("google", "provisions only applications of its catalogue"),
        ("keycloak", "receives people and sends none"),
        ("onelogin", "urn:ietf:params:scim:schemas:core:2.0:User"),
        ("jumpcloud", "Identity Management"),
        ("ping", "PingFederate"),
    ],
)
def test_setup_page_says_what_matters_at_this_product(idp: str, quirk: str) -> None:
    """What surprises people at each product stands on its page (C22)."""
    connection = make_connection("acme", idp=idp)

    assert quirk in text_of(superuser().get("connection_setup", connection.pk))


def test_onelogin_template_is_json_that_the_service_takes() -> None:
    """The template of the guide, filled in, makes a person; it says whether the person is active."""
    connection = make_connection("acme", idp="onelogin")
    assert '"active": "{$user.active}"' in guide_of("onelogin").template
    filled = re.sub(r"\{\$[a-z.]+\.(\w+)\}", r"\1@example.com", guide_of("onelogin").template)
    document = json.loads(filled)
    document["active"] = "true"

    response = ScimClient(make_token(connection)).post("/Users", document)

    assert response.status_code == 201
    assert response.json()["active"] is True


def test_setup_page_of_a_disabled_connection_says_so() -> None:
    """Nobody looks for a wrong URL where the connection itself refuses."""
    connection = make_connection("acme", enabled=False)

    assert "This connection is disabled." in text_of(superuser().get("connection_setup", connection.pk))


def test_guides_are_those_of_known_products() -> None:
    """A guide that no connection can choose would never be read."""
    assert set(GUIDES) == set(WANTED)
    assert set(GUIDES) <= set(IDPS)


def test_setup_page_waits_until_the_idp_has_called() -> None:
    """Before the first request it waits; after it the page and the watched address say when it came."""
    connection = make_connection("acme", idp="okta")
    client = ScimClient(make_token(connection))
    browser = Browser("view_connection")
    before = browser.get("connection_setup", connection.pk)
    nothing = browser.get("connection_setup_status", connection.pk).json()

    client.create_user("ada@example.com")

    after = text_of(browser.get("connection_setup", connection.pk))
    status = browser.get("connection_setup_status", connection.pk).json()
    last = status["last_request"]
    assert "Waiting for the first request" in text_of(before)
    assert nothing == {"last_request": "", "problems": ["waiting for the first request"]}
    assert status["problems"] == []
    assert last.startswith(f"{timezone.now():%Y-%m-%d}")
    assert "Last request:" in after
    assert f'data-last="{last}"' in after


def test_setup_page_offers_a_token_only_to_those_who_may_issue_one() -> None:
    """The link is a button for some, and no dead end for others."""
    connection = make_connection("acme")
    link = url_of("connection_issue_token", connection.pk)

    shown = [
        link in text_of(browser.get("connection_setup", connection.pk))
        for browser in (Browser("issue_token"), Browser("view_connection"))
    ]

    assert shown == [True, False]


def test_setup_page_without_permission_or_connection() -> None:
    """Who may not see connections learns of none; an unknown one is not found."""
    connection = make_connection("acme")
    pages = ("connection_setup", "connection_setup_status")

    refused = [Browser("view_account").get(page, connection.pk).status_code for page in pages]
    unknown = [superuser().get(page, 10_000).status_code for page in pages]
    unknown_to_others = [Browser("view_account").get(page, 10_000).status_code for page in pages]

    assert (refused, unknown, unknown_to_others) == ([403, 403], [404, 404], [403, 403])


def test_setup_page_escapes_the_name_and_lists_refusals() -> None:
    """Markup in a name is text; what was refused lately stands below."""
    connection = make_connection("acme")
    type(connection).objects.update(name=EVIL)
    Browser("view_connection")

    page = text_of(superuser().get("connection_setup", connection.pk))

    assert EVIL not in page
    assert "&lt;script&gt;" in page
