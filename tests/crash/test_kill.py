"""Kill -9 at ten seeded points of a leave, of a Bulk and of a scheduled run (issue: crash safety)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crash.databases import shared_database

pytestmark = pytest.mark.xdist_group("crash")  # One worker: the processes die once, all tests look at it.

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ("leave", "bulk", "run")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the driver saw: for each scenario ten deaths."""
    folder = tmp_path_factory.mktemp("crash")
    with shared_database(folder) as url:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings.crash",
            "CRASH_DATABASE_URL": url,
            "CRASH_FOLDER": str(folder),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.crash.driver", *SCENARIOS],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


@pytest.fixture(params=SCENARIOS)
def deaths(request: pytest.FixtureRequest, seen: dict[str, Any]) -> list[dict[str, Any]]:
    """The ten deaths of one scenario."""
    return list(seen[request.param])


def people(deaths: list[dict[str, Any]], moment: str) -> list[tuple[str, dict[str, Any]]]:
    """Give every person at that moment, with the point of the death for the message of a failure."""
    return [(f"step {one['point']}: {one['step']}", person) for one in deaths for person in one[moment]]


def test_process_was_really_killed_at_ten_points(deaths: list[dict[str, Any]]) -> None:
    """The proof is of processes that died by the signal, at different steps before, at and after a commit."""
    assert len(deaths) == 10
    assert {one["died_of"] for one in deaths} == {signal.SIGKILL}
    assert len({one["point"] for one in deaths}) > 5
    assert len({one["step"] for one in deaths}) > 3


def test_death_leaves_the_old_state_or_the_new_one(deaths: list[dict[str, Any]]) -> None:
    """Each person has everything and no event, or is inactive with event and Leave row; nothing in between."""
    for where, person in people(deaths, "at_death"):
        assert person["events"] == person["leaves"], where
        if person["active"]:
            assert (person["events"], person["state"], person["groups"]) == ([], "active", 1), where
            assert person["session_works"], where
            assert person["token_works"], where
            assert person["badge_works"], where
        elif person["events"]:
            assert person["state"] != "active", where
            assert not person["session_works"], where
            assert not person["token_works"], where


def test_death_in_between_is_shown_as_open(deaths: list[dict[str, Any]]) -> None:
    """While something outside still works for somebody who has left, a Leave is open and a row remembers it."""
    for where, person in people(deaths, "at_death"):
        if person["leaves"] and person["badge_works"]:
            assert person["open"] == 1, where
            assert person["pending"] == 1, where


def test_one_run_after_the_death_leaves_nothing_open(deaths: list[dict[str, Any]]) -> None:
    """C16: after one provisioning_run no inactive account has anything that works, and no event is missing."""
    assert {one["run_code"] for one in deaths} == {0}
    for where, person in people(deaths, "after_run"):
        assert (person["open"], person["pending"]) == (0, 0), where
        assert person["events"] == person["leaves"], where
        if not person["active"]:
            works = [name for name in person if name.endswith("_works") and person[name]]
            rows = (person["session_rows"], person["token_rows"], person["groups"])
            assert (works, rows) == ([], (0, 0, 0)), where
            assert len(person["events"]) == 1, where


def test_request_sent_again_ends_with_everybody_out_and_one_event_each(seen: dict[str, Any]) -> None:
    """C30: the directory that got no answer repeats itself, and nobody leaves twice."""
    for name in ("leave", "bulk"):
        for one in seen[name]:
            assert set(one["answers"]) == {200}, one["step"]
        for where, person in people(seen[name], "repeated"):
            assert not person["active"], where
            assert len(person["events"]) == len(person["leaves"]) == 1, where
            assert (person["open"], person["pending"], person["badge_works"]) == (0, 0, False), where


def test_old_session_token_and_badge_stay_dead_after_the_return(deaths: list[dict[str, Any]]) -> None:
    """Who comes back finds nothing of what was held before, at whatever point the process died."""
    for where, person in people(deaths, "returned"):
        assert person["active"], where
        works = [name for name in person if name.endswith("_works") and person[name]]
        assert works == [], where


def test_run_after_a_killed_run_is_not_locked_out(seen: dict[str, Any]) -> None:
    """The lock of a dead run is free at once: the next one finished both people."""
    for where, person in people(seen["run"], "after_run"):
        assert not person["active"], where
