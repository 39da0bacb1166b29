"""Local edits on the overview: compared by the scheduled run, little by little, and never said to be good unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_provisioning.lifecycle import local_edits, rollups, schedule
from django_provisioning.models import FlaggedAccount, Rollup
from tests.admin.pages import superuser, text_of
from tests.dashboard.scenes import person_of, small_site
from tests.lifecycle.people import account_of

pytestmark = pytest.mark.django_db


def edit(name: str) -> None:
    """Change a pushed person's state in the user row, past the lifecycle."""
    get_user_model()._base_manager.filter(pk=person_of(name).pk).update(is_active=False)


def line_of(browser: Any) -> Any:
    """Give the line of the overview."""
    lines = browser.get("dashboard_changelist").context["overview"].anomalies
    return next(line for line in lines if line.name == "local_edits")


def listed(browser: Any) -> list[int]:
    """Give the accounts of the list behind the line."""
    cl = browser.get("account_changelist", query={"anomaly": "local_edits"}).context["cl"]
    return [row.pk for row in cl.result_list]


def test_edits_that_were_never_compared_are_not_said_to_be_none() -> None:
    """Before the first run the page says so; an empty list is no proof (C17)."""
    small_site()
    browser = superuser()

    line, page = line_of(browser), text_of(browser.get("dashboard_changelist"))

    assert (line.count, line.compared_at) == (None, None)
    assert "not compared yet" in page


def test_edit_is_found_by_the_scheduled_run_and_listed() -> None:
    """An attribute that somebody changed here is a number with its time, and the account is in the list (C17)."""
    small_site()
    browser, now = superuser(), timezone.now()
    schedule.run_due(["rollups"], now=now)
    before = line_of(browser).count
    edit("ada")

    schedule.run_due(["rollups"], now=now)

    line = line_of(browser)
    assert (before, line.count, line.compared_at) == (0, 1, now)
    assert listed(browser) == [account_of(person_of("ada")).pk]
    assert f"All accounts were last compared {now:%Y-%m-%d %H:%M:%S} UTC." in text_of(
        browser.get("dashboard_changelist")
    )


def test_edit_that_was_taken_back_is_forgotten() -> None:
    """Once both say the same again, the account is in no list."""
    small_site()
    edit("ada")
    local_edits.compare(timezone.now())
    get_user_model()._base_manager.filter(pk=person_of("ada").pk).update(is_active=True)

    local_edits.compare(timezone.now())

    assert not FlaggedAccount.objects.exists()


def test_comparison_goes_on_where_the_last_run_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large site is compared over several runs, and the figure waits for the last of them."""
    small_site()
    browser = superuser()
    edit("ada")
    monkeypatch.setattr(local_edits, "MOST", 2)

    counts = []
    for _run in range(3):
        rollups.refresh(timezone.now())
        local_edits.compare(timezone.now())
        counts.append(line_of(browser).count)

    # Five accounts, two at a time.
    assert counts == [None, None, 1]


def test_new_comparison_keeps_the_last_figure_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the next round is under way, the page shows what the last whole one found, and when."""
    small_site()
    browser, first = superuser(), timezone.now()
    local_edits.compare(first)
    monkeypatch.setattr(local_edits, "MOST", 2)
    edit("ada")

    local_edits.compare(timezone.now())

    assert (line_of(browser).count, line_of(browser).compared_at) == (0, first)
    assert Rollup.objects.filter(metric="edits").count() == 2
