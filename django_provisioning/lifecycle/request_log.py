"""The log of SCIM requests: which are kept, how they come into the table, and how they leave it.

The answer never waits: a row is handed over after the bytes have gone out, and costs the request no statement. Then

* PostgreSQL, MariaDB and others: the thread of ``request_queue`` writes it within about a second;
* SQLite has one writer, which a thread would compete with, so the thread of the request writes it at once;
* in Django's test environment likewise: what commits behind a test's back lands in the next test;
* inside a transaction that is still open (a test case) it is held beside that transaction, and forgotten with it.

``flush`` is called by whoever reads the table, so that a reader sees all that its own process has answered.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from django.core import mail
from django.db import IntegrityError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ..conf import settings
from ..models import Connection, ScimRequest
from .request_queue import RequestQueue, at_ends
from .transactions import database, run

logger = logging.getLogger("django_provisioning.requests")

MODES = ("all", "changes", "off")

_BATCH = 500
_MOST_HELD = 1_000
_SELFTESTS = "selftest-"
# What a client in a loop is answered, and whatever has no known token: so many a minute say all there is to say.
_SAMPLED = frozenset({401, 429})
_MOST_SAMPLED_A_MINUTE = 60

Held = deque[tuple[Any, ScimRequest]]
_held: WeakKeyDictionary[BaseDatabaseWrapper, Held] = WeakKeyDictionary()


class Sampler:
    """Counts requests within a minute, of each connection and of nobody; what is beyond the cap is not kept."""

    def __init__(self, cap: int = _MOST_SAMPLED_A_MINUTE) -> None:
        self._cap = cap
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[int | None, int] = {}

    def takes(self, connection_id: int | None) -> bool:
        """Count one of a connection, or of nobody, and say whether it is kept."""
        minute = int(time.time()) // 60
        with self._lock:
            if minute != self._minute:
                left_out = sum(max(0, count - self._cap) for count in self._counts.values())
                self._minute, self._counts = minute, {}
                if left_out:
                    logger.warning("%d SCIM requests of a minute were not recorded", left_out)
            self._counts[connection_id] = self._counts.get(connection_id, 0) + 1
            return self._counts[connection_id] <= self._cap


_sampler = Sampler()


def is_wanted(status: int, *, is_read: bool) -> bool:
    """Whether the setting REQUEST_LOG asks for such a request: "changes" leaves out reads that went well."""
    match settings.REQUEST_LOG:
        case "off":
            return False
        case "changes":
            return not is_read or status >= 400
        case _:
            return True


def note(row: ScimRequest) -> None:
    """Take over the record of a request whose answer has gone out; never raises."""
    try:
        if row.connection_slug.startswith(_SELFTESTS):
            return  # A self-test removes what it made, and figures are about people.
        is_anybodys = row.connection_id is None or row.status in _SAMPLED
        if is_anybodys and not _sampler.takes(row.connection_id):
            return
        _hand_over(row)
    except Exception:  # The request is over and well; nothing about its record may change that.
        logger.warning("A SCIM request was not recorded", exc_info=True)


def flush() -> None:
    """Write what this process still keeps, so that who reads now sees it [no query where nothing waits]."""
    connection = connections[database()]
    if connection.in_atomic_block:
        if rows := _still_held(connection):
            _store(rows)
    else:
        _queue.drain()


def prune(now: datetime) -> int:
    """Delete the rows that are older than REQUEST_LOG_DAYS, oldest first [2 queries for each thousand]."""
    limit = now - timedelta(days=settings.REQUEST_LOG_DAYS)
    return sum(_forget(keys) for keys in _older_than(limit))


def _hand_over(row: ScimRequest) -> None:
    connection = connections[database()]
    if connection.in_atomic_block:
        held = _held.setdefault(connection, deque(maxlen=_MOST_HELD))
        held.append((connection.atomic_blocks[-1], row))
    elif connection.vendor == "sqlite" or _is_tested():
        _store([row])
    else:
        _queue.put(row)


def _is_tested() -> bool:
    """Whether Django's test environment is set up: its mark is the outbox of ``django.core.mail``."""
    return hasattr(mail, "outbox")


def _still_held(connection: BaseDatabaseWrapper) -> list[ScimRequest]:
    """Give the rows of the transactions that are still open; those of others went with them."""
    open_blocks = connection.atomic_blocks
    return [row for block, row in _held.pop(connection, ()) if any(block is one for one in open_blocks)]


def _store(rows: Sequence[ScimRequest]) -> None:
    """Write the rows [2 statements]; a connection that has gone meanwhile leaves its slug."""
    try:
        run(lambda: _write(rows, _known(rows)))
    except IntegrityError:  # It went between the two statements.
        run(lambda: _write(rows, set()))


def _known(rows: Sequence[ScimRequest]) -> set[int]:
    keys = {row.connection_id for row in rows if row.connection_id is not None}
    return (
        set(Connection.objects.using(database()).filter(pk__in=keys).values_list("pk", flat=True))
        if keys
        else set()
    )


def _write(rows: Sequence[ScimRequest], known: set[int]) -> None:
    for row in rows:
        row.pk = None
        if row.connection_id not in known:
            row.connection = None
    ScimRequest.objects.using(database()).bulk_create(rows, batch_size=_BATCH)


def _forget(keys: Sequence[int]) -> int:
    return run(lambda: ScimRequest.objects.using(database()).filter(pk__in=keys).delete()[0])


def _older_than(limit: datetime) -> Iterator[list[int]]:
    """Yield the keys of old rows a batch at a time: they are the first ones, so no index of times is needed."""
    rows = ScimRequest.objects.using(database()).order_by("pk").values_list("pk", "at")
    while batch := list(rows[:1_000]):
        if old := [key for key, at in batch if at < limit]:
            yield old
        if len(old) < len(batch):
            return


_queue = RequestQueue(_store)
at_ends(_queue)
