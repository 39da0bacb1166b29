"""Rows that wait in this process until a thread writes them, so that no answer waits for its own record.

One daemon thread for each process, started with the first row (so after a fork), takes whatever has gathered within a
second, writes it over a database connection of its own and closes that. The queue is bounded: where the database does
not keep up, the oldest rows are dropped and counted in the log. Where threads do not run (uWSGI without
``--enable-threads``) the request that finds rows older than five seconds writes them itself.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice

from django.db import connections

from ..models import ScimRequest
from .transactions import database

logger = logging.getLogger("django_provisioning.requests")

Store = Callable[[Sequence[ScimRequest]], None]

MOST_WAITING = 10_000
_BATCH = 500
_LINGER_SECONDS = 1.0
_STUCK_SECONDS = 5.0
_RETRY_SECONDS = 5.0


class RequestQueue:
    """A bounded queue with its thread; ``store`` writes a batch and may fail."""

    def __init__(self, store: Store, *, linger_seconds: float = _LINGER_SECONDS) -> None:
        self._store = store
        self._linger_seconds = linger_seconds
        self._begin()

    def put(self, row: ScimRequest) -> None:
        """Add a row; no statement, unless the thread has not run for five seconds."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append((time.monotonic(), row))
            self._start()
        self._wake.set()
        if self._is_stuck():
            self.drain()

    def drain(self) -> bool:
        """Write all that waits; False where that failed, and the rows wait on.

        Only one caller writes at a time, so that rows keep their order.
        """
        with self._writing:
            while batch := self._next():
                try:
                    self._store([row for _, row in batch])
                except (
                    Exception
                ):  # Whatever the database says, nobody's request may fail over a record of it.
                    logger.warning("%d SCIM requests could not be recorded yet", len(batch), exc_info=True)
                    self._give_back(batch)
                    return False
        self._tell_dropped()
        return True

    def stop(self) -> None:
        """Write what waits and end the thread, as the end of the process does; for tests."""
        self._is_ending = True
        self._wake.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()

    def begin_anew(self) -> None:
        """Forget everything: after a fork the rows and the thread are the parent's."""
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._writing = threading.RLock()
        self._wake = threading.Event()
        self._waiting: deque[tuple[float, ScimRequest]] = deque()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._retry_at = 0.0
        self._is_ending = False

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._work, name="provisioning-requests", daemon=True)
        with suppress(RuntimeError):  # No further thread is allowed: a later request writes the rows.
            self._thread.start()

    def _work(self) -> None:
        while not self._is_ending:
            self._wake.wait()
            self._wake.clear()
            if not self._is_ending:
                time.sleep(self._linger_seconds)
            while not self._write_and_hang_up() and not self._is_ending:
                time.sleep(_RETRY_SECONDS)

    def _write_and_hang_up(self) -> bool:
        try:
            return self.drain()
        finally:
            connections[database()].close()

    def _next(self) -> list[tuple[float, ScimRequest]]:
        with self._lock:
            batch = list(islice(self._waiting, _BATCH))
            for _ in batch:
                self._waiting.popleft()
        return batch

    def _give_back(self, batch: Sequence[tuple[float, ScimRequest]]) -> None:
        with self._lock:
            room = max(0, MOST_WAITING - len(self._waiting))
            kept = batch[len(batch) - room :] if room < len(batch) else batch
            self._dropped += len(batch) - len(kept)
            self._waiting.extendleft(reversed(kept))
            self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _is_stuck(self) -> bool:
        now = time.monotonic()
        with self._lock:
            return (
                bool(self._waiting) and now >= self._retry_at and now - self._waiting[0][0] > _STUCK_SECONDS
            )

    def _tell_dropped(self) -> None:
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            logger.warning("%d SCIM requests were not recorded: the database did not keep up", dropped)


def at_ends(queue: RequestQueue) -> None:
    """Let a queue write its rest at the end of the process, and be empty in a forked one."""
    atexit.register(queue.drain)
    if hasattr(os, "register_at_fork"):  # pragma: no branch - all but Windows
        os.register_at_fork(after_in_child=queue.begin_anew)
