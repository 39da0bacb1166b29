"""The overview: who may see it, what it costs, and that every number is that of the list behind it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.lifecycle import rollups, schedule
from django_provisioning.models import Account, Event, Leave, Rollup, SessionIndex
from django_provisioning.reports import overview as report
from django_provisioning.reports.overview import ANOMALIES, UNLISTED, Overview
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import EVIL, auditor, offboard, person_of, set_account, small_site
from tests.factories import make_connection, make_token
from tests.lifecycle.people import account_of, jit_identity, local_user, push

pytestmark = pytest.mark.django_db

# Local edits are compared by provisioning_run only; test_local_edits.py has them.
LISTED = [name for name in ANOMALIES if name not in {*UNLISTED, "local_edits"}]


def overview_of(browser: Browser) -> Overview:
    """Open the page and give what it was made of."""
    found: Overview = browser.get("dashboard_changelist").context["overview"]
    return found


def stored_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even a small site show what was counted in advance."""
    monkeypatch.setattr(report, "LIVE_UP_TO", -1)


@pytest.mark.parametrize("is_large", [False, True])
def test_overview_costs_at_most_12_queries(is_large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted live or in advance, for twelve connections as for two."""
    small_site()
    for number in range(10):
        push(make_connection(f"tenant{number}"), f"person{number}@example.com")
    rollups.refresh(timezone.now())
    if is_large:
        stored_figures(monkeypatch)
    browser = auditor()

    with CaptureQueriesContext(database) as queries:
        response = browser.get("dashboard_changelist")

    assert response.status_code == 200
    assert len(queries) <= (7 if is_large else 12)


def test_overview_counted_in_advance_says_the_same_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    """What provisioning_run counted is what would be counted now; the page names the time (as of)."""
    small_site()
    browser = superuser()
    at = timezone.now()
    rollups.refresh(at)
    live = overview_of(browser)
    stored_figures(monkeypatch)

    stored = overview_of(browser)

    assert (live.counted_at, stored.counted_at) == (None, at)
    for name in (
        "accounts",
        "active",
        "by_origin",
        "by_management",
        "leaves",
        "anomalies",
        "overall",
        "days",
    ):
        assert getattr(live, name) == getattr(stored, name)
    assert [line.coverage for line in live.lines] == [line.coverage for line in stored.lines]
    assert "counted by provisioning_run" in text_of(browser.get("dashboard_changelist"))


def test_rollups_are_replaced_not_added_to() -> None:
    """A second count of the same leaves the same rows; what is gone is gone."""
    small_site()
    rollups.refresh(timezone.now())
    before = sorted(Rollup.objects.values_list("metric", "scope", "key", "day", "count"))

    rollups.refresh(timezone.now())

    assert sorted(Rollup.objects.values_list("metric", "scope", "key", "day", "count")) == before


def test_rollups_are_counted_by_the_scheduled_run() -> None:
    """provisioning_run keeps them, and says nothing of it: to count is no finding."""
    small_site()

    result = schedule.run_due(["rollups"])

    assert (result.failed, result.changes, result.attention) == ([], 0, 0)
    assert Rollup.objects.filter(metric="accounts").exists()


def test_rollups_keep_days_that_have_left_the_window() -> None:
    """History stays after the events of a day are no longer counted."""
    small_site()
    rollups.refresh(timezone.now())
    rollups.refresh(timezone.now() + timedelta(days=200))

    assert Rollup.objects.filter(metric="days", key="joiner").exists()


def anomaly_of(name: str) -> None:
    """Make one account of the small site show the anomaly, and no other account."""
    long_ago = timezone.now() - timedelta(days=100)
    ada = person_of("ada")
    match name:
        case "left_with_access":
            user, now = person_of("grace"), timezone.now()
            SessionIndex.objects.create(user=user, session_key="lingering", created_at=now, last_seen_at=now)
        case "out_of_band":
            type(ada)._base_manager.filter(pk=ada.pk).update(is_active=False)
        case "orphan":
            ada.provisioning_identities.update(live=None, deleted_at=long_ago)
        case "stale":
            set_account(ada, last_seen_at=long_ago)
        case "never_logged_in":
            set_account(ada, created_at=timezone.now() - timedelta(days=31))
        case "privileged_local":
            Account.objects.create(
                user=local_user("chief", is_superuser=True), origin="manual", state="active",
                created_at=timezone.now(),
            )  # fmt: skip
        case "without_owner":
            set_account(ada, kind="service")


@pytest.mark.parametrize("name", LISTED)
def test_anomaly_is_counted_and_listed_alike(name: str) -> None:
    """One account with the anomaly is one in the number and one in the list behind it; without it there is none.

    Proves C8, N14.
    """
    small_site()
    browser = superuser()
    before = {one.name: one.count for one in overview_of(browser).anomalies}[name]

    anomaly_of(name)

    after = {one.name: one.count for one in overview_of(browser).anomalies}[name]
    listed = browser.get("account_changelist", query={"anomaly": name}).context["cl"].result_count
    assert (before, after, listed) == (0, 1, 1)
    assert f"?anomaly={name}" in text_of(browser.get("dashboard_changelist"))


@pytest.mark.parametrize("name", ["left_with_access", "out_of_band"])
def test_anomaly_that_must_be_nought_is_an_alarm(name: str) -> None:
    """Red stands where somebody has to act, and nowhere else (N16, C24)."""
    small_site()
    browser = superuser()
    quiet = overview_of(browser).alarms

    anomaly_of(name)

    assert quiet == []
    assert [one.name for one in overview_of(browser).alarms] == [name]


def test_unknown_users_are_counted_beside_the_accounts() -> None:
    """Who was there before the install has no account row, and is not passed over in silence."""
    small_site()
    known = set(Account.objects.values_list("user", flat=True))
    users = get_user_model()._default_manager.exclude(pk__in=known).count()

    found = overview_of(superuser())

    # The browser's own person is one of them.
    assert found.unknown_users == users + 1
    assert {one.name: one.count for one in found.anomalies}["unknown_privileged"] == users + 1


def test_leavers_come_first_and_an_open_one_is_named() -> None:
    """Leavers stand before everything else, and an unfinished removal with its person (C40, N1, N5)."""
    small_site()
    Leave.objects.update(
        closed_at=None, received_at=timezone.now() - timedelta(hours=1), ended={"open": ["knox"]}
    )

    response = auditor().get("dashboard_changelist")

    page = text_of(response)
    headings = re.findall(r'<h2 id="([a-z-]+)-heading"', page)
    assert headings == ["leavers", "anomalies", "coverage", "health", "activity", "sources"]
    assert response.context["overview"].leaves == {"all": 1, "late": 1, "open": 1}
    assert "grace@example.com" in page.split('id="anomalies-heading"', maxsplit=1)[0]
    assert "knox" in page


def test_overview_without_a_connection_teaches_the_first_steps() -> None:
    """An empty site says what to do, with the URL to copy."""
    page = text_of(superuser().get("dashboard_changelist"))

    assert "First steps" in page
    assert "http://testserver/scim/v2" in page
    assert url_of("connection_add") in page
    assert "Nobody has left yet" in page


def test_overview_needs_its_own_permission() -> None:
    """Staff without view_dashboard neither open the page nor see it in the index; to view accounts is not enough."""
    other = Browser("view_account", "view_event")

    answers = [
        auditor().get("dashboard_changelist").status_code,
        other.get("dashboard_changelist").status_code,
    ]

    assert answers == [200, 403]
    assert url_of("dashboard_changelist") not in text_of(other.client.get("/admin/"))
    assert url_of("dashboard_changelist") in text_of(auditor().client.get("/admin/"))


def test_overview_links_nowhere_that_the_reader_may_not_go() -> None:
    """Who may only see the overview gets no link to lists."""
    small_site()

    page = text_of(Browser("view_dashboard").get("dashboard_changelist"))

    content = page.split('id="content-main"')[1]
    assert re.findall(r'href="/admin/django_provisioning/[^"]*"', content) == []


def test_overview_has_no_inline_script_or_style_and_escapes_names() -> None:
    """A strict Content-Security-Policy needs no exception, and a pushed name is text."""
    connection = make_connection("acme")
    type(connection).objects.update(name=EVIL)
    offboard(push(connection, f"{EVIL}@example.com").identity.user)
    Leave.objects.update(closed_at=None)

    page = text_of(superuser().get("dashboard_changelist"))

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", page, re.IGNORECASE) == []


def test_chart_is_said_in_words_and_as_a_table() -> None:
    """The drawing has a name and a conclusion, and each of its days is a row of a table (C12)."""
    small_site()

    response = superuser().get("dashboard_changelist")

    page = text_of(response)
    totals = response.context["overview"].totals
    counted = {phase: Event.objects.filter(phase=phase).count() for phase in totals}
    assert totals == counted
    assert counted["leaver"] > 0
    assert '<svg class="provisioning-chart"' in page
    assert 'role="img"' in page
    assert f"{counted['leaver']} of leavers" in page
    assert len(response.context["overview"].days) == 30


def test_chart_survives_a_locale_with_other_numbers(settings: Any) -> None:
    """No thousands separator or decimal comma gets into an attribute of the drawing."""
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    small_site()

    page = text_of(superuser().get("dashboard_changelist"))

    drawing = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert drawing is not None
    assert all(value.isdigit() for value in re.findall(r'(?:x|y|x1|y2|width|height)="([^"]*)"', drawing[0]))


def test_connection_health_names_what_is_not_well() -> None:
    """A connection without a token, one with an expired one, a silent one and a halted one say so (C33)."""
    now = timezone.now()
    small_site()
    silent = make_connection("silent")
    push(silent, "old@example.com")
    make_token(silent)
    silent.tokens.update(last_used_at=now - timedelta(days=8), created_at=now - timedelta(days=9))
    expired = make_connection("expired")
    make_token(expired)
    expired.tokens.update(expires_at=now - timedelta(days=1), last_used_at=now)
    halted = make_connection("halted")
    make_token(halted)
    halted.tokens.update(expires_at=now + timedelta(days=10, hours=1), last_used_at=now)
    type(halted).objects.filter(pk=halted.pk).update(halted_at=now)
    make_connection("bare")

    found = {line.connection.slug: list(line.problems) for line in overview_of(superuser()).lines}

    assert found == {
        "acme": ["waiting for the first request"],
        "bare": ["no token yet"],
        "expired": ["every token has expired or is revoked"],
        "globex": [],
        "halted": ["writes halted", "the last token expires in 10 days"],
        "silent": ["silent for 8 days"],
    }


def test_accounts_are_counted_by_origin_and_by_manager() -> None:
    """Two facts, never one: how an account came to be, and who looks after it now (C24)."""
    small_site()
    globex_user = jit_identity(make_connection("third"), "max@example.net").user
    assert account_of(globex_user).origin == "jit_oidc"

    found = overview_of(superuser())

    assert {value: count for _label, count, value in found.by_origin} == {"scim": 3, "jit_oidc": 2}
    assert {value: count for _label, count, value in found.by_management} == {"scim": 3, "sso": 2}
    assert (found.accounts, found.active) == (5, 4)
