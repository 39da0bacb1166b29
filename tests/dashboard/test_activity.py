"""Charts of 30 and 90 days, and SCIM requests per day: counted by the scheduled run, told in words and as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.lifecycle import rollups
from django_provisioning.models import Rollup, ScimRequest, traffic
from tests.admin.pages import text_of
from tests.dashboard.scenes import auditor, small_site
from tests.factories import make_connection

pytestmark = pytest.mark.django_db

NOON = timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def ask(*, days_ago: int = 0, status: int = 200, milliseconds: int = 5, times: int = 1) -> None:
    """Log requests as the SCIM service does."""
    rows = [
        ScimRequest(
            at=NOON - timedelta(days=days_ago),
            method="GET",
            path="/Users",
            status=status,
            milliseconds=milliseconds,
        )
        for _ in range(times)
    ]
    ScimRequest.objects.bulk_create(rows)


def counted(now: datetime = NOON) -> dict[str, list[int]]:
    """Give what is counted of each day, the oldest first."""
    found: dict[str, list[int]] = {}
    for figure in sorted(traffic.of_requests(now), key=lambda one: str(one.day)):
        found.setdefault(figure.key, []).append(figure.count)
    return found


def requests_of(browser: Any, **query: Any) -> Any:
    """Open the overview and give its requests."""
    return browser.get("dashboard_changelist", query=query).context["overview"].requests


def test_requests_are_counted_by_day_with_failures() -> None:
    """An unknown resource is an answer; what is older than a week is not counted again."""
    for status in (200, 404, 401, 500):
        ask(status=status)
    ask(days_ago=1, times=3)
    ask(days_ago=7)

    assert counted() == {"requests": [3, 4], "failed": [0, 2], "p95": [10, 10]}


@pytest.mark.parametrize(
    ("slow", "milliseconds", "p95"), [(5, 900, 10), (6, 900, 1_000), (6, 10_000, 10_000), (6, 10_001, 10_001)]
)
def test_p95_is_the_first_bound_that_holds_95_of_a_hundred(slow: int, milliseconds: int, p95: int) -> None:
    """Five slow ones of a hundred change nothing, a sixth does; beyond ten seconds it says so."""
    ask(times=100 - slow)
    ask(times=slow, milliseconds=milliseconds)

    assert counted()["p95"] == [p95]


def test_requests_wait_for_the_scheduled_run_and_say_so() -> None:
    """What nobody counted is not shown as nought."""
    make_connection("acme")
    ask(status=500)
    browser = auditor()

    before = text_of(browser.get("dashboard_changelist"))
    rollups.refresh(timezone.now())
    after = text_of(browser.get("dashboard_changelist"))

    assert "Not counted yet: provisioning_run counts the requests of each day." in before
    assert "1 of 1 requests failed, on 1 day that was counted" in after
    assert "On every day 95 of a hundred requests were answered within 10 milliseconds." in after


def test_slow_day_is_told_in_words_and_as_a_row() -> None:
    """More than ten seconds has no number, in the conclusion as in the table."""
    make_connection("acme")
    ask(milliseconds=30_000)
    rollups.refresh(timezone.now())

    page = text_of(auditor().get("dashboard_changelist"))

    assert "On the slowest day it took more than 10 seconds" in page
    assert "more than 10 s</td>" in page


def test_counted_days_are_replaced_and_older_ones_kept() -> None:
    """A second run counts a day anew, and leaves days alone whose requests are gone already."""
    ask(status=500)
    Rollup.objects.create(
        metric="traffic", key="failed", day=NOON.date() - timedelta(days=60), count=7, computed_at=NOON
    )
    rollups.refresh(timezone.now())
    ask(status=500)

    rollups.refresh(timezone.now())

    failed = Rollup.objects.filter(metric="traffic", key="failed").order_by("day")
    assert list(failed.values_list("count", flat=True)) == [7, 2]


@pytest.mark.parametrize(
    ("query", "span"),
    [({}, 30), ({"days": "30"}, 30), ({"days": "90"}, 90), ({"days": "9999"}, 30), ({"days": "x"}, 30)],
)
def test_charts_show_30_or_90_days(query: dict[str, str], span: int) -> None:
    """A link changes the span, no script; anything else in the address is the usual span."""
    small_site()

    response = auditor().get("dashboard_changelist", query=query)

    page = text_of(response)
    assert len(response.context["overview"].days) == span
    assert f"Events of the last {span} days" in page
    assert page.count('aria-current="true"') == 1
    assert 'href="?days=90#activity-heading"' in page


def test_ninety_days_cost_no_more_queries_than_thirty() -> None:
    """The overview keeps its budget whatever the span."""
    small_site()
    ask()
    rollups.refresh(timezone.now())
    browser = auditor()

    def cost(days: str) -> int:
        with CaptureQueriesContext(database) as queries:
            browser.get("dashboard_changelist", query={"days": days})
        return len(queries)

    assert cost("90") == cost("30") <= 12


def test_ninety_days_reach_back_ninety_days() -> None:
    """The oldest day of the longer span is counted and shown, and is not part of the shorter one."""
    make_connection("acme")
    day = NOON.date() - timedelta(days=89)
    for key, count in (("requests", 3), ("failed", 2), ("p95", 50)):
        Rollup.objects.create(metric="traffic", key=key, day=day, count=count, computed_at=NOON)
    browser = auditor()

    assert requests_of(browser).failed == 0
    assert (requests_of(browser, days="90").failed, requests_of(browser, days="90").slowest) == (2, 50)


def test_no_tile_counts_what_was_made_without_what_was_ended() -> None:
    """N4, N1: the tiles speak of leavers alone, and joiners are told in one sentence after leavers."""
    small_site()

    page = text_of(auditor().get("dashboard_changelist"))

    tiles = page.split('<ul class="provisioning-tiles">')[1].split("</ul>")[0]
    assert tiles.count("<li") == 4
    assert "oiner" not in tiles
    conclusion = page.split('id="activity-conclusion">')[1].split("</p>")[0]
    assert conclusion.index("leavers") < conclusion.index("joiners")
    assert page.count('<ul class="provisioning-tiles">') == 1


def test_home_page_begins_with_who_left_and_ends_with_who_came() -> None:
    """C40, N1: leavers, anomalies and coverage stand before joiners and before any count of accounts."""
    small_site()

    page = text_of(auditor().get("dashboard_changelist"))

    places = [
        page.index(f'id="{name}-heading"')
        for name in ("leavers", "anomalies", "coverage", "activity", "sources")
    ]
    assert places == sorted(places)
