"""The list and page of leavers: times, path, what ended, and whether it was in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_provisioning.models import Event, Leave
from tests.admin.pages import superuser, text_of, url_of
from tests.dashboard.scenes import auditor, offboard, person_of, small_site

pytestmark = pytest.mark.django_db


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
    assert leave.received_at.isoformat(" ", "seconds") in page
    assert leave.deactivated_at.isoformat(" ", "milliseconds") in page
    assert url_of("event_change", event.pk) in page
    assert "everything" in page
    assert "groups_removed" in page


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
