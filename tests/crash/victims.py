"""Kills processes: a fork works until its fuse has burnt down, and dies there by SIGKILL."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from tests.crash import badges


class Fuse:
    """Counts the steps of a process, and kills it before the given one; None only counts.

    A step is a statement, each side of a commit, and each side of what a revoker does elsewhere.
    """

    def __init__(self, length: int | None) -> None:
        self.length = length
        self.steps: list[str] = []

    def burn(self, step: str) -> None:
        """Take one step."""
        self.steps.append(" ".join(step.split()[:3]))
        if len(self.steps) == self.length:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def lit(self) -> Iterator[None]:
        """Watch our connection and the revoker until the block ends."""
        commit = connection.commit

        def watched_commit() -> None:
            self.burn("before a commit")
            commit()
            self.burn("after a commit")

        def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
            self.burn(sql)
            return run(sql, *rest)

        connection.commit = watched_commit  # type: ignore[method-assign]
        badges.watcher[0] = self.burn
        with connection.execute_wrapper(execute):
            yield


def in_fork(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run in a process of its own, with connections of its own, and give (signal it died of or 0, what it gave)."""
    connections.close_all()  # A socket that two processes share belongs to neither.
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _be(work, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(process, 0)
    died_of = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if not died_of and os.waitstatus_to_exitcode(status):
        raise RuntimeError("The process failed; see above.")
    return died_of, json.loads(text) if text else None


def _be(work: Callable[[], Any], writing: int) -> None:
    """Be the fork: work, hand the result over, and never return into the caller's code."""
    code = 1
    try:
        result = work()
        with os.fdopen(writing, "w") as pipe:
            json.dump(result, pipe)
        connections.close_all()
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it was, this process ends here
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(code)


def victim(work: Callable[[], Any], length: int | None) -> tuple[int, list[str]]:
    """Work with a fuse, and give (signal, steps taken); the steps only of one that lived."""

    def watched() -> list[str]:
        fuse = Fuse(length)
        with fuse.lit():
            work()
        return fuse.steps

    died_of, steps = in_fork(watched)
    return died_of, steps or []
