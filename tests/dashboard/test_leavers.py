"""The list and page of leavers: times, path, what ended, and whether it was in time."""

from __future__ import annotations

import doctest
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.models import Event, Leave, PendingRevocation
from django_provisioning.reports import leave_list
from tests.admin.pages import superuser, text_of, url_of
from tests.dashboard.scenes import auditor, offboard, person_of, small_site
from tests.lifecycle.people import account_of, push

pytestmark = pytest.mark.django_db


def test_examples_in_the_docstrings_hold() -> None:
    """What the docstrings show is what the code gives."""
    assert doctest.testmod(leave_list).failed == 0


def leave_of(**times: Any) -> Leave:
    """Give the one leave of the small site with these times."""
    small_site()
    Leave.objects.update(**times)
    return Leave.objects.get()


@pytest.mark.parametrize(
    ("received_ago", "seconds", "statuses", "text"),
    [
        (10, 1.0, {"in_time"}, "✓ in time"),
        (1_000, 300.0, {"in_time"}, "✓ in time"),
        (1_000, 300.001, {"late"}, "! late"),
        (10, None, {"open"}, "! OPEN"),
        (1_000, None, {"open", "late"}, "✕ OPEN, late"),
    ],
)
def test_leave_status_follows_the_sla(
    received_ago: int, seconds: float | None, statuses: set[str], text: str
) -> None:
    """Five minutes are the limit by default, to the millisecond; an open leave becomes late by itself."""
    received = timezone.now() - timedelta(seconds=received_ago)
    closed = None if seconds is None else received + timedelta(seconds=seconds)
    leave_of(received_at=received, deactivated_at=received, closed_at=closed)
    browser = auditor()

    found = {
        status
        for status in ("open", "late", "in_time")
        if browser.get("leave_changelist", query={"status": status}).context["cl"].result_count
    }

    assert found == statuses
    assert text in text_of(browser.get("leave_changelist"))


def test_leave_sla_is_a_setting(settings: Any) -> None:
    """A project that promises less is judged by less."""
    settings.DJANGO_PROVISIONING = {"OFFBOARDING_SLA_SECONDS": 3_600}
    received = timezone.now() - timedelta(hours=2)
    leave_of(received_at=received, closed_at=received + timedelta(minutes=30))

    assert "✓ in time" in text_of(auditor().get("leave_changelist"))


def test_leave_page_shows_times_path_and_event() -> None:
    """The three times stand with milliseconds and offset; an unknown source time is not nought."""
    leave = leave_of()
    event = Event.objects.get(uid=leave.event_uid)

    page = text_of(auditor().get("leave_change", leave.pk))

    assert "not measured" in page
    assert leave.received_at.isoformat(" ", "milliseconds") in page
    assert leave.deactivated_at.isoformat(" ", "milliseconds") in page
    assert url_of("event_change", event.pk) in page
    assert "everything" in page
    assert "Groups: Engineering" in page
    assert "300 s from the request until nothing is left to revoke" in page
    assert "✓ in time" in page
    assert url_of("account_change", account_of(leave.user).pk) in text_of(
        superuser().get("leave_change", leave.pk)
    )


def test_leave_outlives_its_user() -> None:
    """The removal stays in the list, with the person's name, when the Django user is deleted."""
    leave = leave_of()
    person_of("grace").delete()

    page = text_of(auditor().get("leave_change", leave.pk))

    assert "grace@example.com" in page


def test_leaves_are_searched_by_person() -> None:
    """The search looks people up by their indexes."""
    small_site()
    offboard(person_of("ada"))

    found = superuser().get("leave_changelist", query={"q": "ada"}).context["cl"].result_list
    everybody = superuser().get("leave_changelist", query={"q": " "}).context["cl"].result_list

    assert [leave.subject_label for leave in found] == ["ada@example.com"]
    assert len(everybody) == 2


def test_late_leave_says_why(settings: Any) -> None:
    """The page of a removal past the limit gives the reason of the latency report; one in time gives none."""
    received = timezone.now() - timedelta(hours=1)
    leave = leave_of(received_at=received, deactivated_at=received, closed_at=None)
    PendingRevocation.objects.create(
        user=person_of("grace"), revoker="badges", created_at=received, next_attempt_at=received
    )
    browser = auditor()

    late = text_of(browser.get("leave_change", leave.pk))
    Leave.objects.update(closed_at=received)

    assert "unfinished: badges" in late
    assert "unfinished" not in text_of(browser.get("leave_change", leave.pk))


def test_list_counts_what_ended_and_is_called_leavers() -> None:
    """The list names kinds and numbers only, so that it fits a window; the issue's word stands in title and index."""
    leave_of(ended={"groups_removed": ["Sales", "Engineering"], "sessions": 0, "knox_tokens": 3, "open": []})
    browser = auditor()

    page = text_of(browser.get("leave_changelist"))

    assert "Groups: 2, knox_tokens: 3<" in page
    assert "Engineering" not in page
    assert "Leavers" in page
    assert "Leaves" not in page + text_of(browser.client.get("/admin/"))


def test_leave_pages_cost_a_constant_number_of_queries() -> None:
    """The list at most 8, whatever the number of rows, and the page of one at most 8."""
    acme = small_site()
    browser = auditor()

    def cost(page: str, *args: Any) -> int:
        with CaptureQueriesContext(database) as queries:
            assert browser.get(page, *args).status_code == 200
        return len(queries)

    few = cost("leave_changelist")
    for number in range(10):
        offboard(push(acme, f"leaver{number}@example.com").identity.user)
    leave = Leave.objects.order_by("pk")[0]

    assert cost("leave_changelist") == few <= 8
    assert cost("leave_change", leave.pk) <= 8
