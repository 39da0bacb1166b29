"""Connection health on the overview: failures, speed and refusals, counted from the requests themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.models import Connection, ConnectionToken, ScimRequest
from django_provisioning.reports import connections
from django_provisioning.reports.requests import Traffic, traffic_of
from tests.admin.pages import Browser, superuser, text_of, url_of
from tests.dashboard.scenes import auditor, small_site
from tests.factories import make_connection, make_token

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def note(
    connection: Connection | None, *statuses: int, at: datetime | None = None, milliseconds: int = 5
) -> None:
    """Write requests that were answered so, half an hour ago if nothing else is said."""
    moment = at or timezone.now() - HOUR / 2
    ScimRequest.objects.bulk_create(
        ScimRequest(
            at=moment, connection=connection, method="GET", path="/", status=status, milliseconds=milliseconds
        )
        for status in statuses
    )


def traffic() -> dict[str, Traffic]:
    """Give the figures of each connection, read in one query."""
    with CaptureQueriesContext(database) as queries:
        found = {row.slug: traffic_of(row) for row in connections.with_health(timezone.now())}
    assert len(queries) == 1
    return found


def test_failures_are_counted_for_an_hour_and_a_day() -> None:
    """What failed of how much, for each connection apart; a 404 is an answer, and yesterday's are not counted."""
    now = timezone.now()
    acme, globex = make_connection("acme"), make_connection("globex")
    note(acme, 200, 201, 404, 409)
    note(acme, 401, 403, 429, 429, 500, at=now - 2 * HOUR)
    note(acme, 500, 500, at=now - 25 * HOUR)
    note(globex, 200)
    note(None, 401, 401)

    found = traffic()

    assert found["acme"] == Traffic(4, 1, 9, 6, {401: 1, 403: 1, 409: 1, 429: 2}, 10)
    assert (found["acme"].hour_percent, found["acme"].day_percent) == (25, 67)
    assert found["acme"].refusals == "401: 1, 403: 1, 409: 1, 429: 2"
    assert found["globex"] == Traffic(1, 0, 1, 0, {401: 0, 403: 0, 409: 0, 429: 0}, 10)
    assert found["globex"].refusals == ""


def test_connection_without_requests_has_no_share() -> None:
    """Nothing asked is not the same as nothing failed."""
    make_connection("acme")

    found = traffic()["acme"]

    assert found == Traffic()
    assert (found.hour_percent, found.day_percent, found.p95, found.is_slower) == (None, None, None, False)


@pytest.mark.parametrize(
    ("fast", "slow", "milliseconds", "p95"),
    [(100, 0, 0, 10), (95, 5, 900, 10), (94, 6, 900, 1_000), (94, 6, 1_000, 1_000), (0, 1, 60_000, None)],
)
def test_p95_is_the_bound_within_which_95_of_100_were_answered(
    fast: int, slow: int, milliseconds: int, p95: int | None
) -> None:
    """The bound is never below the true percentile; beyond the last one it says that it is more."""
    acme = make_connection("acme")
    note(acme, *[200] * fast)
    note(acme, *[200] * slow, milliseconds=milliseconds)

    found = traffic()["acme"]

    assert found.p95 == p95
    assert found.is_slower == (p95 is None)


def test_last_success_and_last_failure_are_told_apart() -> None:
    """A connection that still calls and always fails is not well; a 404 is neither."""
    now = timezone.now()
    acme = make_connection("acme")
    note(acme, 200, at=now - 3 * HOUR)
    note(acme, 500, at=now - 2 * HOUR)
    note(acme, 404, at=now - HOUR)

    row = connections.with_health(now).get()

    assert (row.last_success_at, row.last_failure_at) == (now - 3 * HOUR, now - 2 * HOUR)


@pytest.mark.parametrize(
    ("statuses", "problem"),
    [
        ([200] * 16 + [500] * 4, ["20 % of the last hour’s requests failed"]),
        ([200] * 17 + [500] * 3, []),
        ([500] * 19, []),
        ([200] * 40 + [401] * 2, ["2 requests in 24 hours with a token that is over"]),
    ],
)
def test_problems_name_failures_and_dead_tokens(statuses: list[int], problem: list[str]) -> None:
    """Many failures are a problem once there are enough requests; a dead token in use always is one."""
    acme = make_connection("acme")
    make_token(acme)
    ConnectionToken.objects.update(last_used_at=timezone.now())
    note(acme, *statuses)
    now = timezone.now()

    found = connections.problems(connections.with_health(now).get(), now)

    assert found == problem


def test_overview_shows_the_figures_and_leads_to_the_failures() -> None:
    """The numbers stand on the page, with a link to the rows for those who may see them."""
    acme = small_site()
    note(acme, *[200] * 30, 409, 429, milliseconds=240)

    page = text_of(auditor().get("dashboard_changelist"))
    narrow = text_of(Browser("view_dashboard").get("dashboard_changelist"))

    link = f"{url_of('scimrequest_changelist')}?answer=failed&amp;connection__id__exact={acme.pk}"
    assert "2 of 32 (6 %)" in page
    assert "409: 1, 429: 1" in page
    assert "250 ms" in page
    assert link in page
    assert "2 of 32 (6 %)" in narrow
    assert link not in narrow
    shown = superuser().client.get(link.replace("&amp;", "&")).context["cl"].result_list
    assert sorted(row.status for row in shown) == [409, 429]


def test_figures_are_written_as_the_reader_writes_numbers(settings: Any) -> None:
    """A thousands separator is in the text and in no address."""
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    acme = make_connection("acme")
    note(acme, *[200] * 1_000, 500)

    page = text_of(superuser().get("dashboard_changelist"))

    assert "1.001" in page
    assert f'connection__id__exact={acme.pk}"' in page
