"""Which zone a time is in stands beside it, or once above a list and below a page, whatever the zone of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from django_provisioning.models import Event
from tests.admin.pages import superuser
from tests.dashboard.scenes import one_of_each
from tests.dashboard.test_walk import names, url

pytestmark = pytest.mark.django_db

_ZONE = "America/New_York"
# "7:38 a.m.", "07:38", "07:38:24", and what says the zone behind it.
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?(?P<zone>\s?(?:E[SD]T|[+-]\d{2}:?\d{2})\b)?")
_SENTENCE = re.compile(r"Times are in America/New_York, now UTC-0[45]:00\.")
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
_FILES = ("_export", "_setup_status")


@pytest.fixture
def new_york(settings: Any) -> Iterator[None]:
    """A project whose times are those of New York."""
    settings.TIME_ZONE = _ZONE
    yield
    timezone.deactivate()


def texts() -> dict[str, str]:
    """Give what stands on each page."""
    client = superuser().client
    found = {}
    for name in names():
        answer = None if name.endswith(_FILES) else client.get(url(name))
        if answer is not None and answer.status_code == 200 and not answer.streaming:
            found[name] = strip_tags(_SCRIPT.sub("", answer.content.decode()))
    return found


def bare(text: str) -> list[str]:
    """Give the times that stand on a page that does not say their zone."""
    if _SENTENCE.search(text):
        return []
    return [found[0] for found in _TIME.finditer(text) if not found["zone"]]


def test_every_time_on_every_page_has_its_zone(new_york: None) -> None:
    """Each time has its zone beside it, or its page says once in which zone its times are."""
    one_of_each()

    pages = texts()

    assert {name: times for name, text in pages.items() if (times := bare(text))} == {}
    assert sum(bool(_SENTENCE.search(text)) for text in pages.values()) > 12
    assert len(pages) > 25


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 07:38:24 EST", []), ("at 2026-11-22 02:38:24-05:00", []), ("Nov. 22, 2026, 7:38 a.m.", ["7:38"]),
        ("07:38 Times are in America/New_York, now UTC-05:00.", []), ("07:38 Times are in UTC.", ["07:38"]),
    ],
)  # fmt: skip
def test_bare_time_is_noticed(text: str, expected: list[str]) -> None:
    """A time alone is found: the test above can fail."""
    assert bare(text) == expected


def test_times_are_those_of_the_zone(new_york: None) -> None:
    """The timeline shows New York's hour, not Greenwich's, and says so."""
    account = one_of_each()["account"]
    at = Event.objects.filter(subject_type="user", subject_id=str(account.user_id)).latest("pk").occurred_at

    page = superuser().get("account_change", account.pk).content.decode()

    assert timezone.localtime(at, timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M:%S E") in page
    assert at.strftime("%Y-%m-%d %H:%M:%S") not in page


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_exported_times_are_iso_with_offset(form: str, new_york: None) -> None:
    """In a file a time is ISO 8601 with its offset, so that it means the same everywhere."""
    one_of_each()

    text = superuser().get("event_export", form).getvalue().decode()

    times = re.findall(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[^\",\s]*", text)
    assert times
    assert [one for one in times if not re.search(r"[+-]\d{2}:\d{2}$", one)] == []
