"""The command against a deployed site: real requests to a server process, which shares the database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import live_server
from tests.live_server import ROOT, LiveServer

# The tests share one server, and each run is alone on its database: they stay in one process.
pytestmark = pytest.mark.xdist_group("selftest-deployed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The example project, served by gunicorn."""
    with live_server.started(tmp_path_factory.mktemp("site")) as server:
        yield server


def run(site: LiveServer, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an administrator of the site does, in a process of its own."""
    command = [sys.executable, "-m", "django", "provisioning_selftest", "--format=json", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**site.environment, **environment}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read what a run printed."""
    return dict(json.loads(done.stdout))


def test_deployed_site_is_proven_from_outside(site: LiveServer, tmp_path: Path) -> None:
    """C16: over HTTP, to the site's own page and the self-test's, every credential is refused at once and for good."""
    out = tmp_path / "proof.json"

    done = run(site, f"--url={site.url}", "--path=/whoami/", "--quick", f"--out={out}")

    assert done.returncode == 0, done.stderr
    assert document(done)["result"] == "passed"
    content = json.loads(out.read_text())["content"]
    assert content["site"] == site.url
    assert content["pages"] == ["/whoami/", "/provisioning-selftest/whoami/"]
    statuses = [cell["after_leave"]["status"] for row in content["rows"] for cell in row["cells"]]
    assert set(statuses) == {0, 401}


def test_killed_run_is_cleared_by_the_next(site: LiveServer) -> None:
    """SIGKILL in the middle leaves the probe's rows; the next run removes them, says so, and passes."""
    killed = run(site, "--way=command", DJANGO_SETTINGS_MODULE="tests.selftest.killed_settings")
    after_it = site.run(_NAMES)

    cleared = run(site, "--way=command")

    assert killed.returncode == -signal.SIGKILL
    assert after_it.count("selftest-") == 2
    assert (cleared.returncode, len(document(cleared)["cleared"])) == (0, 1)
    assert site.run(_NAMES).split() == []


def test_site_that_is_away_is_an_error_and_leaves_nothing(site: LiveServer) -> None:
    """A site that does not answer ends the run with the reason, after the clearing away."""
    done = run(site, "--url=http://127.0.0.1:9", "--way=command")

    assert (done.returncode, done.stdout) == (1, "")
    assert "http://127.0.0.1:9 does not answer POST" in done.stderr
    assert "Traceback" not in done.stderr
    assert site.run(_NAMES).split() == []


def test_site_with_another_session_store_is_not_proven(site: LiveServer) -> None:
    """Sessions that the site does not know open nothing there; that is a gap and not a success."""
    done = run(site, f"--url={site.url}", "--way=command", SESSION_ENGINE="cache")

    assert done.returncode == 3
    assert "does it share the database, the session store and SECRET_KEY" in document(done)["gaps"][0]["gap"]


_NAMES = """
import django
django.setup()
from django.contrib.auth import get_user_model
from django_provisioning.models import Connection
names = [*Connection.objects.values_list("slug", flat=True), *map(str, get_user_model().objects.all())]
print(*names, sep="\\n")
"""
