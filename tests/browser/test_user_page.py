"""The project's own page of users as a person has it before their eyes, and the width of the list of leavers."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from django_provisioning.models import Leave
from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site
from tests.browser.pages import IS_UNFOLD
from tests.browser.test_accessibility import all_rules, darken
from tests.dashboard.user_pages import user_url
from tests.lifecycle.people import push

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(site: Site) -> Any:
    """Somebody whom the directory pushed with a name."""
    name = {"givenName": "Emmy", "familyName": "Noether"}
    return push(site.rows["connection"], "emmy@example.com", name=name).identity.user


def findings(tab: Any, selector: str, options: dict[str, Any]) -> list[str]:
    """Give what axe-core finds below a selector."""
    found = Axe().run(tab, context={"include": [[selector]]}, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_panel_of_the_user_page_passes_axe_in_light_and_dark(
    site: Site, page_as: PageAs, person: Any
) -> None:
    """What we add to a page of the project is as accessible as our own pages."""
    tab = page_as(superuser().person, color_scheme="light", reduced_motion="reduce")
    tab.goto(site.address + user_url("change", person.pk))
    panel = 'section[aria-labelledby="provisioning-heading"]'

    light = findings(tab, panel, all_rules())
    darken(tab)
    dark = findings(tab, panel, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})

    assert tab.get_by_role("heading", name="Provisioning", exact=True).count() == 1
    assert (light, dark) == ([], [])


def test_person_finds_the_owner_and_goes_on_to_the_account(site: Site, page: Any, person: Any) -> None:
    """From the list by its source column to the user, why the name is read-only, and on to the account page."""
    page.goto(site.address + user_url("changelist"))
    row = page.get_by_role("row").filter(has_text="emmy@example.com")

    source = row.inner_text()
    row.get_by_role("link", name="emmy@example.com").click()
    page.get_by_role("heading", name="Provisioning", exact=True).wait_for()
    first_name = page.get_by_label("First name").count()
    reason = page.get_by_text("Owned by connection Acme. Change it in the directory.").count()
    page.get_by_role("link", name="Account page: access, sessions, offboard, reinstate").click()

    assert "SCIM" in source
    assert "Acme" in source
    assert first_name == 0
    assert reason > 0
    assert page.url == site.url("account_change", person.provisioning_account.pk)


@pytest.mark.skipif(IS_UNFOLD, reason="Unfold lays its lists out itself")
def test_list_of_leavers_fits_a_window_of_1280_pixels(site: Site, page_as: PageAs) -> None:
    """No column is out of sight beside sidebar and filters, however long the names are."""
    longest = "Wolfeschlegelsteinhausenbergerdorff@research.example.com"
    ended = {"groups_removed": ["Sales"], "sessions": 12, "password_removed": True, "knox_tokens": 3}
    Leave.objects.update(
        subject_label=longest, ended=ended, path="group_rule", connection=site.rows["connection"]
    )
    tab = page_as(superuser().person, viewport={"width": 1280, "height": 900})

    tab.goto(site.url("leave_changelist"))

    widths = tab.evaluate(
        "(({scrollWidth, clientWidth}) => [scrollWidth, clientWidth])(document.querySelector('.results'))"
    )
    assert widths[0] == widths[1]
    assert tab.get_by_text("Groups: 1, knox_tokens: 3, Local password: 1, Sessions: 12").is_visible()
