"""Offboarding latency: percentiles that agree with a plain sort, breaches with reasons, CSV without formulas."""

from __future__ import annotations

import csv
import io
import json
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_provisioning.models import Connection, Event, Leave, PendingRevocation
from django_provisioning.reports.leave_latency import Latency, Scope, leavers
from tests.factories import make_connection, make_context
from tests.lifecycle.people import local_user, push, push_move
from tests.management.shell import run, run_json

pytestmark = pytest.mark.django_db

SLA = timedelta(minutes=5)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=timezone.get_default_timezone())


def leave(took: timedelta | None, **facts: Any) -> Leave:
    """Store a removal received at noon that took so long; None: it is open."""
    received = facts.pop("received_at", NOON)
    values: dict[str, Any] = {
        "event_uid": uuid.uuid4(),
        "subject_id": uuid.uuid4().hex,
        "subject_label": "ada",
        "connection_slug": "acme",
        "path": "scim_patch",
        "everywhere": True,
        "received_at": received,
        "deactivated_at": received + (took or SECOND) / 2,
        "closed_at": None if took is None else received + took,
    }
    return Leave.objects.create(**{**values, **facts})


def nearest_rank(times: list[timedelta], percent: int) -> timedelta:
    """Give the percentile by its definition: the smallest time that so many percent do not exceed."""
    ordered = sorted(times)
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


@pytest.mark.parametrize("number", [1, 2, 3, 19, 20, 21, 100])
def test_percentiles_are_those_of_a_plain_sort(number: int) -> None:
    """C15, N6: the database ranks as a person with a list would, in the total and in each group."""
    chance = random.Random(number)
    took = {
        path: [SECOND * chance.randint(1, 50) / 7 for _ in range(number)] for path in ("scim_patch", "admin")
    }
    for path, times in took.items():
        for time in times:
            leave(time, path=path)

    report = leavers(Scope(), now=NOON, sla=SLA)

    def expected(times: list[timedelta]) -> Latency:
        return Latency(len(times), *(nearest_rank(times, percent) for percent in (50, 95, 100)))

    assert rounded(report.total.latency) == rounded(expected([*took["scim_patch"], *took["admin"]]))
    for path, times in took.items():
        assert rounded(report.groups["acme", path].latency) == rounded(expected(times))
        assert rounded(report.groups["acme", path].latency)[0] == number


def rounded(latency: Latency) -> list[Any]:
    """Give the numbers without what a database does not store."""
    times = [latency.p50, latency.p95, latency.max]
    return [latency.n, *(None if time is None else round(time.total_seconds(), 5) for time in times)]


def test_report_of_nothing_measures_nothing() -> None:
    """No removal is no time of 0."""
    report = leavers(Scope(), now=NOON, sla=SLA)

    assert (report.total.removals, report.returned, report.groups, report.late) == (0, 0, {}, [])
    assert report.total.latency == report.deactivation == report.source == Latency()


def test_open_removals_have_no_latency_and_breach_when_their_time_is_up() -> None:
    """An open one is not measured, and not forgotten either."""
    leave(None, received_at=NOON - 2 * SLA)
    leave(None, received_at=NOON - SLA / 2)
    leave(SECOND)

    report = leavers(Scope(), now=NOON, sla=SLA)

    assert (report.total.removals, report.total.open, report.total.breaches) == (3, 2, 1)
    assert report.total.latency.n == 1
    assert [one.reason for one in report.late] == ["unfinished"]


@pytest.mark.parametrize(("took", "is_breach"), [(SLA - SECOND, 0), (SLA, 0), (SLA + SECOND, 1)])
def test_breach_begins_after_the_limit(took: timedelta, is_breach: int) -> None:
    """N6: exactly the limit is in time."""
    leave(took)

    assert leavers(Scope(), now=NOON, sla=SLA).total.breaches == is_breach


def test_late_removals_say_why() -> None:
    """A failed revoker, what is waiting, a late commit, or a run that finished what a dead process began (N6)."""
    user = local_user("eve")
    failed = leave(SLA * 2, subject_id="1")
    Event(
        occurred_at=NOON + SECOND, type="access.revocation_failed", phase="other", reason="badges", actor_type="scim",
        subject_type="user", subject_id="1",
    ).save(force_insert=True)  # fmt: skip
    waiting = leave(None, user=user, subject_id="2", received_at=NOON - DAY)
    PendingRevocation.objects.create(user=user, revoker="keys", created_at=NOON, next_attempt_at=NOON)
    committed = leave(SLA * 2, deactivated_at=NOON + SLA + SECOND)
    finished = leave(SLA * 2, deactivated_at=NOON + SECOND)

    report = leavers(Scope(), now=NOON, sla=SLA)

    assert {one.leave.pk: one.reason for one in report.late} == {
        failed.pk: "revoker_failed: badges",
        waiting.pk: "unfinished: keys",
        committed.pk: "late_commit",
        finished.pk: "finished_late",
    }


def test_source_latency_is_apart_and_unknown_where_nobody_told() -> None:
    """t1−t0 is the source's: never added to ours, never 0 for unknown."""
    leave(SECOND)
    unknown = run_json("leavers")
    leave(SECOND, source_at=NOON - DAY)
    known = run_json("leavers")

    assert unknown["source_latency"] == "not measured"
    assert known["source_latency"]["measured"] == 1
    assert known["source_latency"]["max_seconds"] == DAY.total_seconds()
    assert known["max_seconds"] == 1.0


def test_scope_takes_a_period_and_a_connection() -> None:
    """The end of the period is not part of it: two months next to each other count nobody twice."""
    connection = make_connection("acme")
    make_connection("globex")
    for days, slug in ((0, "acme"), (1, "acme"), (2, "acme"), (1, "globex")):
        leave(SECOND, received_at=NOON + days * DAY, connection_slug=slug)

    period = ("--since", "2026-03-03", "--until", "2026-03-04T12:00Z")
    answer = run_json("leavers", "--connection", connection.slug, *period)

    assert answer["removals"] == 1
    assert [(row["connection"], row["removals"]) for row in answer["groups"]] == [("acme", 1)]


@pytest.mark.django_db(transaction=True)
def test_person_who_came_back_and_left_again_counts_twice() -> None:
    """Each removal is an interval of its own, measured from its own request."""
    identity = push(make_connection(), "ada").identity
    for active in (False, True, False):
        push_move(identity, "ada", active=active)

    report = leavers(Scope(), now=timezone.now(), sla=SLA)

    assert (report.total.removals, report.total.people, report.returned) == (2, 1, 1)
    assert report.total.latency.n == 2
    assert report.total.latency.max is not None
    assert report.total.latency.max < SLA


def test_report_costs_the_same_at_any_size(django_assert_num_queries: Any) -> None:
    """Nine queries for a hundred and fifty removals, late ones and groups included."""
    for number in range(150):
        leave(SECOND * number * 10, path="admin" if number % 2 else "scim_patch")

    with django_assert_num_queries(9):
        report = leavers(Scope(), now=NOON, sla=SLA)

    assert report.total.breaches == 119
    assert len(report.late) == 100


def test_command_ends_with_3_on_a_breach_only_where_asked() -> None:
    """The answer is printed in both cases."""
    leave(SLA * 2)

    assert run_json("leavers")["breaches"] == 1
    with pytest.raises(CommandError) as caught:
        run("leavers", "--fail-on-breach")

    assert caught.value.returncode == 3


def test_command_without_a_breach_ends_with_0() -> None:
    """In time is in time."""
    leave(SECOND)

    assert json.loads(run("leavers", "--fail-on-breach", "--format", "json"))["breaches"] == 0


def test_csv_has_a_line_for_each_removal_and_no_formula() -> None:
    """A name that a spreadsheet would compute is text."""
    leave(SECOND, subject_label='=HYPERLINK("https://example.com")')
    leave(None, subject_label="bob")

    rows = list(csv.DictReader(io.StringIO(run("leavers", "--format", "csv"))))

    assert [row["person"] for row in rows] == ['\'=HYPERLINK("https://example.com")', "bob"]
    assert [row["seconds"] for row in rows] == ["1.000", ""]


@pytest.mark.parametrize(
    "arguments", [("--since", "yesterday"), ("--until", "2026-02-30"), ("--connection", "nobody")]
)
def test_command_wrong_scope_is_an_error(arguments: tuple[str, ...]) -> None:
    """A mistyped date or connection reports on nothing else."""
    with pytest.raises(CommandError):
        call_command("provisioning_leavers", *arguments)


def test_leaves_of_a_deleted_connection_are_still_reported() -> None:
    """The text of the connection outlives it."""
    connection = make_connection("acme")
    leave(SECOND, connection=connection)
    make_context(connection)
    Connection.objects.filter(pk=connection.pk).delete()

    report = leavers(Scope(), now=NOON, sla=SLA)

    assert list(report.groups) == [("acme", "scim_patch")]
