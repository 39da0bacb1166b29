"""The thread that writes the log of SCIM requests: over a real database connection of its own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.utils import timezone

from django_provisioning.lifecycle import request_log, request_queue
from django_provisioning.lifecycle.request_queue import RequestQueue
from django_provisioning.models import ScimRequest
from tests.scim.scenes import make_tenant

on_a_server = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="on SQLite the request's own thread writes: there is no second one"
)


def row(status: int = 200) -> ScimRequest:
    """Give a row that is not written yet."""
    return ScimRequest(at=timezone.now(), method="GET", path="/", status=status, milliseconds=1)


class Shelf:
    """A store that keeps what it is given, and fails as long as it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[str] = set()
        self.error: Exception | None = None
        self.written = threading.Event()

    def __call__(self, rows: Sequence[ScimRequest]) -> None:
        """Take a batch."""
        if self.error is not None:
            raise self.error
        self.batches.append([one.status for one in rows])
        self.threads.add(threading.current_thread().name)
        self.written.set()


@pytest.fixture
def shelf() -> Shelf:
    """Give a shelf."""
    return Shelf()


@pytest.fixture
def queue(shelf: Shelf) -> Iterator[RequestQueue]:
    """Give a queue whose thread starts writing at once, and end its thread."""
    found = RequestQueue(shelf, linger_seconds=0)
    yield found
    shelf.error = None
    found.stop()


@pytest.mark.django_db
def test_queue_writes_in_its_own_thread_and_in_order(queue: RequestQueue, shelf: Shelf) -> None:
    """Whoever puts a row in goes on; the thread writes everything, oldest first."""
    for status in range(200, 1_500):
        queue.put(row(status))
    queue.stop()

    assert [status for batch in shelf.batches for status in batch] == list(range(200, 1_500))
    assert shelf.threads == {"provisioning-requests"}
    assert max(map(len, shelf.batches)) <= 500


def test_queue_is_bounded_and_drops_the_oldest(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """Where the database does not keep up, memory stays as it is, and the log says what is missing."""
    monkeypatch.setattr(request_queue, "MOST_WAITING", 3)
    monkeypatch.setattr(RequestQueue, "_start", lambda _self: None)
    shelf = Shelf()
    queue = RequestQueue(shelf)

    for status in (201, 202, 203, 204, 205):
        queue.put(row(status))
    queue.drain()

    assert shelf.batches == [[203, 204, 205]]
    assert "2 SCIM requests were not recorded" in caplog.text


def test_queue_keeps_rows_while_the_database_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is written later, in its order, and nobody sees the error."""
    monkeypatch.setattr(RequestQueue, "_start", lambda _self: None)
    shelf = Shelf()
    shelf.error = OperationalError("gone")
    queue = RequestQueue(shelf)
    queue.put(row(201))

    is_written = queue.drain()
    queue.put(row(202))
    shelf.error = None

    assert (is_written, queue.drain(), shelf.batches) == (False, True, [[201, 202]])


def test_request_writes_where_threads_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that have waited for five seconds are written by the request that finds them; not by every one before."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(RequestQueue, "_start", lambda _self: None)
    shelf = Shelf()
    queue = RequestQueue(shelf)

    for second, status in ((0, 201), (4, 202), (6, 203)):
        clock[0] = 100.0 + second
        queue.put(row(status))

    assert shelf.batches == [[201, 202, 203]]


def test_queue_survives_a_system_without_further_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that cannot be started costs no request its answer."""

    def refused(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    shelf = Shelf()
    queue = RequestQueue(shelf)

    queue.put(row(201))

    assert queue.drain()
    assert shelf.batches == [[201]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_queue_of_a_forked_process_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker does not write its parent's rows a second time, and has a thread of its own."""
    monkeypatch.setattr(RequestQueue, "_start", lambda _self: None)
    shelf = Shelf()
    queue = RequestQueue(shelf)
    queue.put(row(201))

    queue.begin_anew()
    queue.drain()

    assert shelf.batches == []


@on_a_server
@pytest.mark.django_db(transaction=True)
def test_thread_writes_what_requests_did_and_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request on a real server costs nothing; the row is there when the thread ends, and its connection is not."""
    queue = RequestQueue(request_log._store, linger_seconds=0)
    monkeypatch.setattr(request_log, "_queue", queue)
    monkeypatch.delattr(mail, "outbox")

    tenant = make_tenant()
    tenant.client.get(tenant.user_path)
    queue.stop()

    found = ScimRequest.objects.order_by("pk").values_list("status", "connection_slug")
    assert list(found) == [(status, tenant.connection.slug) for status in (201, 201, 200)]
    assert others_connected() == 0


def others_connected() -> int:
    """Count the connections to this database that are not this thread's."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
            )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_request_outside_a_transaction_is_written_at_once_in_a_test() -> None:
    """In Django's test environment nothing commits behind a test's back, and nothing is left for the next one."""
    tenant = make_tenant()

    assert list(ScimRequest.objects.values_list("status", flat=True)) == [201, 201]
    assert tenant.connection.requests.count() == 2


@pytest.mark.django_db(transaction=True)
def test_row_of_a_connection_that_vanishes_between_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row goes in without it, with the slug."""
    tenant = make_tenant()
    ScimRequest.objects.all().delete()
    late = row()
    late.connection, late.connection_slug = tenant.connection, tenant.connection.slug
    known = {tenant.connection.pk}
    monkeypatch.setattr(request_log, "_known", lambda _rows: known)
    type(tenant.connection).objects.filter(pk=tenant.connection.pk).delete()

    request_log._store([late])

    kept = ScimRequest.objects.get()
    assert (kept.connection, kept.connection_slug) == (None, tenant.connection.slug)
