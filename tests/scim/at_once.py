"""Runs requests, or other work, at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
_PATIENCE_SECONDS = 120


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Start every call when all threads are ready, and give the answers in the order of the calls.

    Each thread reads once before the start, so that connecting is not what is raced.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            connections["default"].ensure_connection()
            barrier.wait(_PATIENCE_SECONDS)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.result(_PATIENCE_SECONDS) for future in futures]
