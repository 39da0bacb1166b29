"""The run as a whole: rows, failures, the lock, the dry run and the exit codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import advisory_lock, schedule
from django_provisioning.lifecycle.jobs.base import Report
from django_provisioning.models import Event, Leave, PolicyRun
from tests.factories import make_connection
from tests.lifecycle.people import push
from tests.management.shell import run, run_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_job(monkeypatch: pytest.MonkeyPatch) -> str:
    """Lets the second of all jobs fail; gives its name."""

    def fail(run: Any) -> Any:
        raise ConnectionError("postgres://app:secret@db.example.com does not answer")

    jobs = list(schedule.JOBS)
    jobs[1] = replace(jobs[1], work=fail)
    monkeypatch.setattr(schedule, "JOBS", tuple(jobs))
    return jobs[1].name


def out_of_band_leaver() -> Any:
    """Make somebody inactive past every signal."""
    user = push(make_connection(), "ada").identity.user
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    return user


def test_run_writes_a_row_for_every_job() -> None:
    """N21: what ran, when and with what outcome can be shown later."""
    run("run")

    rows = PolicyRun.objects.order_by("id")
    assert [row.job for row in rows] == schedule.job_names()
    assert {row.outcome for row in rows} == {"done"}
    assert all(row.finished_at is not None and row.finished_at >= row.started_at for row in rows)


def test_run_of_one_job_runs_no_other() -> None:
    """``--job`` may be repeated, and the order stays that of the jobs."""
    answer = run_json("run", "--job", "tokens", "--job", "revocations")

    assert [one["job"] for one in answer["jobs"]] == ["revocations", "tokens"]
    assert PolicyRun.objects.count() == 2


def test_run_of_an_unknown_job_is_refused() -> None:
    """A mistyped name runs nothing, by the function and by the command."""
    with pytest.raises(ProvisioningError, match="revocations"):
        schedule.run_due(["revocation"])
    with pytest.raises(CommandError) as caught:
        run("run", "--job", "revocation")

    assert caught.value.returncode != 0
    assert not PolicyRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_run_twice_does_nothing_the_second_time() -> None:
    """Idempotent: no second event, no second Leave."""
    out_of_band_leaver()

    first, second = run_json("run"), run_json("run")

    assert {one["job"]: one["did"] for one in first["jobs"]}["out_of_band"] == {"left": 1}
    assert all(one["did"] == {} for one in second["jobs"])
    assert (Event.objects.filter(type="account.suspended").count(), Leave.objects.count()) == (1, 1)


def test_run_failed_job_does_not_stop_the_others(broken_job: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The end is 1 and names the job; its row says failed, and no foreign text is kept or printed."""
    with pytest.raises(CommandError, match=broken_job) as caught:
        call_command("provisioning_run")

    outcomes = dict(PolicyRun.objects.values_list("job", "outcome"))
    assert caught.value.returncode == 1
    assert outcomes.pop(broken_job) == "failed"
    assert set(outcomes.values()) == {"done"}
    assert len(outcomes) == len(schedule.JOBS) - 1
    assert "secret" not in f"{capsys.readouterr()}{list(PolicyRun.objects.values())}"


def test_run_dry_says_what_would_be_done_and_writes_nothing() -> None:
    """The same work, rolled back: no row of any kind stays."""
    user = out_of_band_leaver()
    events = Event.objects.count()

    answer = run_json("run", "--dry-run")

    assert answer["dry_run"] is True
    assert [row["user"] for row in answer["accounts"]] == [user.get_username()]
    assert (Event.objects.count(), Leave.objects.count(), PolicyRun.objects.count()) == (events, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "leaver", "code"),
    [
        ((), True, 0), (("--fail-on", "warning"), True, 3), (("--fail-on", "any"), True, 3),
        (("--fail-on", "warning"), False, 0), (("--fail-on", "any"), False, 0),
    ],
)  # fmt: skip
def test_run_findings_are_an_error_only_where_asked(
    arguments: tuple[str, ...], leaver: bool, code: int
) -> None:
    """Without ``--fail-on`` findings end with 0; with it the answer is printed all the same, then 3."""
    if leaver:
        out_of_band_leaver()

    try:
        run("run", *arguments)
        ended = 0
    except CommandError as error:
        ended = error.returncode

    assert ended == code


def test_run_held_back_by_the_breaker_ends_with_4(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that stopped something is told apart from a failure."""
    report = Report(stopped=True)
    jobs = (replace(schedule.JOBS[0], work=lambda _run: report),)
    monkeypatch.setattr(schedule, "JOBS", jobs)

    with pytest.raises(CommandError) as caught:
        run("run")

    assert caught.value.returncode == 4
    assert PolicyRun.objects.get().findings == {"stopped": True}


def test_run_while_another_is_at_work_does_nothing() -> None:
    """Two runs at once do not work twice: the second says so and ends with 0."""
    out_of_band_leaver()

    with advisory_lock.held("run") as is_held:
        answer = run_json("run")

    assert is_held
    assert answer["busy"] is True
    assert not PolicyRun.objects.exists()
    assert run_json("run")["jobs"]


def test_lock_is_free_after_an_error() -> None:
    """A run that breaks off does not lock the next one out."""
    with pytest.raises(RuntimeError), advisory_lock.held("run"):
        raise RuntimeError("broken off")

    with advisory_lock.held("run") as is_held:
        assert is_held


def test_run_row_of_a_dead_process_is_failed_by_the_next() -> None:
    """A row that still says running, while nobody else is at work, is of a process that died."""
    row = PolicyRun.objects.create(job="stale", started_at=timezone.now())

    run("run", "--job", "tokens")

    row.refresh_from_db()
    assert (row.outcome, row.finished_at) == ("failed", None)


def test_run_rows_do_not_pile_up() -> None:
    """Of runs that end alike within an hour the last is kept; what is older than the audit goes."""
    PolicyRun.objects.create(job="stale", started_at=timezone.now() - timedelta(days=401), outcome="done")

    for _ in range(3):
        run("run", "--job", "tokens")

    # The hour may turn between two runs.
    assert PolicyRun.objects.filter(job="tokens").count() in (1, 2)
    assert not PolicyRun.objects.filter(job="stale").exists()


def test_run_rows_that_differ_are_both_kept() -> None:
    """A finding is never forgotten because the next run found nothing."""
    out_of_band_leaver()

    run("run", "--job", "out_of_band")
    run("run", "--job", "out_of_band")

    found = [row.findings for row in PolicyRun.objects.order_by("id")]
    assert [row.get("left") for row in found] == [1, None]
    assert "ada" not in str(found)


def test_last_done_names_the_jobs_that_ended_well() -> None:
    """A failed or unfinished run does not count as seen."""
    now = timezone.now()
    PolicyRun.objects.create(job="stale", started_at=now, finished_at=now, outcome="failed")
    PolicyRun.objects.create(job="tokens", started_at=now, finished_at=now, outcome="done")

    assert schedule.last_done() == {"tokens": now}
