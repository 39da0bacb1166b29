"""The lock of an SQLite file: between processes, and after the death of one."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.sqlite3.base import DatabaseWrapper

from django_provisioning.lifecycle import advisory_lock
from django_provisioning.lifecycle.transactions import database as database_alias

_HOLDER = """
import sqlite3, sys
own = sqlite3.connect(sys.argv[1], isolation_level=None)
own.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database file, as the alias that we write to."""
    path = tmp_path / "site.sqlite3"
    monkeypatch.setattr(
        advisory_lock, "connections", {database_alias(): DatabaseWrapper({"NAME": str(path)})}
    )
    return path


@pytest.fixture
def holder(database: Path) -> Iterator[subprocess.Popen[Any]]:
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, f"{database}-run.lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.usefixtures("database")
def test_file_lock_is_held_once_and_given_back() -> None:
    """While it is held nobody else gets it; afterwards anybody does."""
    with advisory_lock.held("run") as first, advisory_lock.held("run") as second:
        held = (first, second)
    with advisory_lock.held("run") as third:
        assert (*held, third) == (True, False, True)


def test_file_lock_of_another_process_ends_with_its_death(holder: subprocess.Popen[Any]) -> None:
    """SIGKILL gives it back: nobody has to remove a file."""
    with advisory_lock.held("run") as while_alive:
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with advisory_lock.held("run") as after_death:
        assert (while_alive, after_death) == (False, True)


def test_file_lock_does_not_stop_writers_of_the_database(database: Path) -> None:
    """The site goes on writing while a run is at work."""
    with advisory_lock.held("run") as is_held:
        site = sqlite3.connect(database, timeout=0)
        site.execute("CREATE TABLE written (at)")
        site.close()

    assert is_held


def test_file_lock_in_a_folder_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be locked must not look like another run at work, for ever."""
    gone = DatabaseWrapper({"NAME": str(tmp_path / "gone" / "site.sqlite3")})
    monkeypatch.setattr(advisory_lock, "connections", {database_alias(): gone})

    with pytest.raises(sqlite3.OperationalError), advisory_lock.held("run"):
        pass
