"""Many accounts, revoke now and explain, as a person drives them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.utils import timezone

from django_provisioning.models import Event, SessionIndex
from tests.admin.pages import superuser
from tests.browser.conftest import PageAs, Site
from tests.dashboard.scenes import offboard, person_of
from tests.lifecycle.people import account_of, fresh

pytestmark = [pytest.mark.django_db(transaction=True)]


def show(page: Any, name: str) -> None:
    """Take a picture, where somebody wants to look."""
    if os.environ.get("SCREENSHOTS_TO"):
        page.screenshot(path=f"{os.environ['SCREENSHOTS_TO']}/{name}.png", full_page=True)


def test_owner_is_set_for_several_accounts(site: Site, page: Any) -> None:
    """Tick, choose, confirm with a reason, and follow the link to what was done."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(site.url("account_changelist"))
    show(page, "list")
    for name in ("ada@example.com", "alan@example.com"):
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option(label="Set owner of selected accounts")
    page.get_by_title("Run the selected action").click()
    show(page, "set_owner")
    page.get_by_label("Owner").fill(person_of("ada").get_username())
    page.get_by_label("Reason").fill("TICKET-11")
    page.get_by_role("button", name="Set owner").click()

    show(page, "after")
    page.get_by_role("link", name="batch").click()

    page.wait_for_url("**batch_id=**")
    show(page, "events")
    batch = Event.objects.filter(type="account.described").values_list("batch_id", flat=True)[0]
    assert f"batch_id={batch}" in page.url
    assert Event.objects.filter(type="account.described", reason="TICKET-11").count() == 2
    assert account_of(person_of("alan")).owner == person_of("ada")


def test_alarm_tile_ends_what_is_left(site: Site, page: Any) -> None:
    """From the red tile to nothing left, in two clicks and a reason."""
    person, now = person_of("alan"), timezone.now()
    offboard(person)
    SessionIndex.objects.create(user=person, session_key="left-over", created_at=now, last_seen_at=now)
    page.goto(site.url("dashboard_changelist"))
    show(page, "overview")

    page.get_by_role("link", name="Revoke now…").click()
    show(page, "revoke_now")
    page.get_by_label("Reason").fill("TICKET-12")
    page.get_by_role("button", name="Revoke now").click()
    page.get_by_text("Revoke now: 1 account.").wait_for()

    assert not SessionIndex.objects.filter(user=person).exists()
    page.goto(site.url("dashboard_changelist"))
    assert page.get_by_role("link", name="Revoke now…").count() == 0


def test_explanation_answers_and_changes_nothing(site: Site, page: Any) -> None:
    """Ask from the page of an account what the directory could do, and find the account as it was."""
    account = site.rows["account"]
    page.goto(site.url("account_change", account.pk))
    show(page, "account")
    page.get_by_role("link", name="Explain what a login or a push would do").click()
    show(page, "explain")

    page.get_by_label("What would happen if the directory deactivated this person?").check()
    page.get_by_role("button", name="Explain").click()

    page.get_by_role("heading", name="What would happen").wait_for()
    show(page, "answer")
    assert page.get_by_text("Access would end.").count() == 1
    events = page.get_by_role("table", name="Events that would be written, oldest first")
    assert events.get_by_role("row").filter(has_text="account.deactivated").count() == 1
    assert fresh(account.user).is_active


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_the_window(site: Site, page_as: PageAs, scheme: str) -> None:
    """No page makes the window scroll sideways at 1280 pixels; wide tables scroll in their own frame."""
    page = page_as(superuser().person, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    account, connection = site.rows["account"], site.rows["connection"]
    for name, url in {
        "account": site.url("account_change", account.pk),
        "explain": site.url("account_explain", account.pk),
        "explain_connection": site.url("connection_explain", connection.pk),
        "retry": site.url("account_retry_open"),
        "offboard": site.url("account_offboard", account.pk),
    }.items():
        page.goto(url)
        show(page, f"{name}_{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, name
