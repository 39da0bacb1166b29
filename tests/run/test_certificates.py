"""What the scheduled run makes of keys that end, whoever reads them, and where pages say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.lifecycle import rollups, schedule, signing_certificates
from django_provisioning.lifecycle.signing_certificates import Found, SigningKeys
from django_provisioning.models import Connection, Event, Rollup
from django_provisioning.reports import connections
from tests.admin.pages import superuser, text_of
from tests.dashboard.scenes import auditor, small_site
from tests.factories import make_connection, make_token
from tests.management.shell import run_json
from tests.run.people import run_job

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Metadata:
    """A reader of the project's own; ``says`` is what it answers, by the slug of the connection."""

    def __init__(self) -> None:
        self.says: dict[str, SigningKeys | None] = {}
        self.asked: list[str] = []

    def __call__(self, wanted: Sequence[Connection]) -> Found:
        """Answer for the connections that it knows."""
        self.asked += [one.slug for one in wanted]
        return {one: self.says[one.slug] for one in wanted if one.slug in self.says}


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Metadata:
    """Give the only reader there is."""
    monkeypatch.setattr(signing_certificates, "_readers", {})
    reader = Metadata()
    signing_certificates.read_by("own", reader)
    return reader


def known() -> dict[str, datetime | None]:
    """Give what is stored: the end by the key of the connection."""
    return dict(Rollup.objects.filter(metric="certificate").values_list("scope", "at"))


def problems_of(slug: str, now: datetime) -> list[str]:
    """Give what is said to be wrong with a connection."""
    return connections.problems(connections.with_health(now).get(slug=slug), now)


def told() -> list[Any]:
    """Give the facts of the events."""
    found = Event.objects.filter(type="connection.certificate_expiring").order_by("id")
    return [event.effects for event in found]


def test_each_connection_is_asked_for_once_an_hour(metadata: Metadata) -> None:
    """Runs come every few minutes; a new connection does not wait for the hour of the others."""
    acme = make_connection("acme")
    metadata.says["acme"] = SigningKeys(1, NOW + 90 * DAY)
    run_job("certificates", now=NOW)
    make_connection("lumen")
    metadata.says["lumen"] = SigningKeys(2)

    run_job("certificates", now=NOW + HOUR / 2)
    metadata.says["acme"] = SigningKeys(1, NOW + 900 * DAY)
    run_job("certificates", now=NOW + HOUR)

    assert metadata.asked == ["acme", "lumen", "acme"]
    assert known()[str(acme.pk)] == NOW + 900 * DAY


def test_what_is_gone_is_forgotten_and_what_cannot_be_read_is_not(metadata: Metadata) -> None:
    """A connection without keys, disabled or deleted tells nothing old; one whose provider is away does."""
    for slug in ("away", "without", "disabled", "deleted"):
        make_connection(slug)
        metadata.says[slug] = SigningKeys(1, NOW + 90 * DAY)
    run_job("certificates", now=NOW)
    metadata.says["away"] = None
    del metadata.says["without"]
    Connection.objects.filter(slug="disabled").update(enabled=False)
    Connection.objects.filter(slug="deleted").delete()

    report = run_job("certificates", now=NOW + 2 * HOUR)

    assert known() == {str(Connection.objects.get(slug="away").pk): NOW + 90 * DAY}
    assert report.counts == {"keys_not_read": 1}


def test_marks_are_told_of_once_and_an_end_needs_a_person(metadata: Metadata) -> None:
    """Thirty days, seven, one; afterwards there is no event more, and every run says that something is wrong."""
    make_connection("acme")
    metadata.says["acme"] = SigningKeys(1, NOW + 40 * DAY)

    reports = [run_job("certificates", now=NOW + day * DAY) for day in (9, 10, 11, 33, 34, 39.5, 40, 41)]

    assert [one["days_left"] for one in told()] == [30, 7, 1]
    assert [report.attention for report in reports] == [0, 1, 1, 1, 1, 1, 1, 1]
    assert [report.counts for report in reports[-2:]] == [{"certificates_ended": 1}] * 2


def test_next_certificate_is_told_of_anew(metadata: Metadata) -> None:
    """The marks belong to a certificate, not to the connection."""
    make_connection("acme")
    for ends_at in (NOW + 5 * DAY, NOW + 6 * DAY):
        metadata.says["acme"] = SigningKeys(1, ends_at)
        run_job("certificates", now=NOW + (ends_at - NOW) / 10)

    assert [one["ends_at"] for one in told()] == ["2027-03-06T12:00:00Z", "2027-03-07T12:00:00Z"]


def test_dry_run_asks_nobody_and_goes_by_what_is_known(metadata: Metadata) -> None:
    """Network in a transaction that is rolled back would be of no use."""
    make_connection("acme")
    metadata.says["acme"] = SigningKeys(1, timezone.now() + 20 * DAY)
    run_job("certificates", now=timezone.now() - 20 * DAY)
    metadata.asked.clear()

    (job,) = run_json("run", "--job", "certificates", "--dry-run")["jobs"]

    assert job["did"] == {"certificates_expiring": 1, "certificates_told_of": 1}
    assert (metadata.asked, told()) == ([], [])


def test_reader_that_breaks_fails_the_job_and_stops_no_telling(metadata: Metadata) -> None:
    """A mistake in a project's reader is shown, and what is known already is still told."""
    make_connection("acme")
    metadata.says["acme"] = SigningKeys(1, NOW + 40 * DAY)
    run_job("certificates", now=NOW)
    signing_certificates.read_by("own", lambda _wanted: 1 / 0)  # type: ignore[arg-type, return-value]

    result = schedule.run_due(["certificates"], now=NOW + 35 * DAY)

    assert result.failed == ["certificates"]
    assert [one["days_left"] for one in told()] == [7]


def test_counting_the_dashboard_leaves_the_certificates(metadata: Metadata, monkeypatch: Any) -> None:
    """They are read at a time of their own, which is not that of the figures."""
    from django_provisioning.reports import overview as report

    make_connection("acme")
    metadata.says["acme"] = SigningKeys(1, NOW + 40 * DAY)
    counted_at = timezone.now()
    rollups.refresh(counted_at)
    run_job("certificates", now=counted_at + HOUR)
    rollups.refresh(counted_at)
    monkeypatch.setattr(report, "LIVE_UP_TO", -1)

    shown = superuser().get("dashboard_changelist").context["overview"]

    assert list(known().values()) == [NOW + 40 * DAY]
    assert shown.counted_at == counted_at


@pytest.mark.parametrize(
    ("left", "problem"),
    [
        (30 * DAY, []),
        (30 * DAY - HOUR, ["the signing certificate of the identity provider ends in 29 days"]),
        (HOUR, ["the signing certificate of the identity provider ends in 0 days"]),
        (timedelta(), ["the signing certificate of the identity provider has ended"]),
        (-DAY, ["the signing certificate of the identity provider has ended"]),
        (None, []),
    ],
)
@pytest.mark.parametrize("has_token", [False, True])
def test_end_of_the_certificate_is_a_problem_of_the_connection(
    metadata: Metadata, left: timedelta | None, problem: list[str], has_token: bool
) -> None:
    """For logins alone and beside a directory; less than thirty days count."""
    acme = make_connection("acme", jit="create", saml_entity_id="https://idp.example.com")
    if has_token:
        make_token(acme)
        acme.tokens.update(last_used_at=NOW)
    metadata.says["acme"] = SigningKeys(1, None if left is None else NOW + left)
    run_job("certificates", now=NOW)

    assert problems_of("acme", NOW) == problem


def test_first_of_several_ends_is_the_problem_and_belongs_to_one_connection(metadata: Metadata) -> None:
    """Keys for SAML and keys for signed requests may end apart; another connection is well."""
    for slug in ("acme", "lumen"):
        make_connection(slug, jit="create", saml_entity_id=f"https://{slug}.example.com")
        metadata.says[slug] = SigningKeys(1, NOW + 300 * DAY)
    other = Metadata()
    other.says["acme"] = SigningKeys(1, NOW + 3 * DAY)
    signing_certificates.read_by("other", other)
    run_job("certificates", now=NOW)

    assert problems_of("acme", NOW) == ["the signing certificate of the identity provider ends in 3 days"]
    assert problems_of("lumen", NOW) == []
    assert known()[str(Connection.objects.get(slug="lumen").pk)] == NOW + 300 * DAY


def test_pages_say_when_the_certificate_ends_at_no_query_more(metadata: Metadata) -> None:
    """The overview and the page of the connection; both cost what they cost without it."""
    acme = small_site()
    browser, admin = auditor(), superuser()

    def costs() -> list[int]:
        found = []
        for page in (
            lambda: browser.get("dashboard_changelist"),
            lambda: admin.get("connection_change", acme.pk),
        ):
            with CaptureQueriesContext(database) as queries:
                assert page().status_code == 200
            found.append(len(queries))
        return found

    costs()
    before = costs()
    now = timezone.now()
    metadata.says[acme.slug] = SigningKeys(1, now + 20 * DAY + HOUR)
    run_job("certificates", now=now)

    assert costs() == before
    assert "identity provider ends in 20 days" in text_of(browser.get("dashboard_changelist"))
    page = text_of(admin.get("connection_change", acme.pk))
    assert "identity provider ends in 20 days" in page
    assert (
        f"{now + 20 * DAY + HOUR:End of the signing certificate of the identity provider: %Y-%m-%d %H:}"
        in page
    )


def test_page_says_that_keys_carry_no_date(metadata: Metadata) -> None:
    """Nothing to do is said as well; of a connection without keys nothing is said."""
    acme, admin = small_site(), superuser()
    assert "The signing keys" not in text_of(admin.get("connection_change", acme.pk))
    metadata.says[acme.slug] = SigningKeys(2)

    run_job("certificates")

    page = text_of(admin.get("connection_change", acme.pk))
    assert "The signing keys of the identity provider carry no date" in page
    assert "End of the signing certificate" not in page
