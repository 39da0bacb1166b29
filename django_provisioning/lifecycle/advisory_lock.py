"""One run at a time: a lock of the database, which the death of its holder releases.

PostgreSQL and MariaDB keep it on a connection of its own, so that it lives as long as the run does, whatever happens
to the connection that works. SQLite locks a small file beside the database in its own way, because a lock inside it
would stop every other writer. No lock is a row: a row outlives the process that wrote it.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .transactions import database

_in_memory = threading.Lock()


@contextlib.contextmanager
def held(name: str) -> Iterator[bool]:
    """Hold the lock of that name on our database until the block ends; False, at once, where somebody else does.

    A database that offers no such lock gives True: what runs under it locks the rows that it changes as well.
    """
    connection = connections[database()]
    lock: AbstractContextManager[bool]
    match connection.vendor:
        case "postgresql":
            lock = _on_server(connection, "pg_try_advisory_lock", "pg_advisory_unlock", _number(name))
        case "mysql":
            lock = _on_server(connection, "GET_LOCK", "RELEASE_LOCK", _server_wide(connection, name))
        case "sqlite":
            lock = _on_file(connection, name)
        case _:
            lock = contextlib.nullcontext(True)
    with lock as is_held:
        yield is_held


def _number(name: str) -> int:
    """Give the number that stands for a name: PostgreSQL's locks are 64-bit numbers, within one database."""
    digest = hashlib.sha256(f"django_provisioning.{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _server_wide(connection: BaseDatabaseWrapper, name: str) -> str:
    """Give a name within MariaDB's 64 characters; its locks are the server's, so the database is part of it."""
    text = f"{connection.settings_dict['NAME']}.django_provisioning.{name}"
    return f"provisioning.{hashlib.sha256(text.encode()).hexdigest()[:40]}"


@contextlib.contextmanager
def _on_server(connection: BaseDatabaseWrapper, take: str, give_back: str, key: int | str) -> Iterator[bool]:
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            arguments = "%s, 0" if take == "GET_LOCK" else "%s"
            cursor.execute(f"SELECT {take}({arguments})", [key])
            is_held = bool(cursor.fetchone()[0])
        try:
            yield is_held
        finally:
            if is_held:
                with (
                    contextlib.suppress(Error),
                    own.cursor() as cursor,
                ):  # A dead connection has given it back.
                    cursor.execute(f"SELECT {give_back}(%s)", [key])
    finally:
        own.close()


@contextlib.contextmanager
def _on_file(connection: BaseDatabaseWrapper, name: str) -> Iterator[bool]:
    path = str(connection.settings_dict["NAME"])
    if not path or path == ":memory:" or "mode=memory" in path:
        # Such a database belongs to this process alone.
        is_held = _in_memory.acquire(blocking=False)
        try:
            yield is_held
        finally:
            if is_held:
                _in_memory.release()
        return
    with contextlib.closing(sqlite3.connect(f"{path}-{name}.lock", timeout=0, isolation_level=None)) as own:
        try:
            own.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise  # A folder that cannot be written to must not look like a run that never ends.
            yield False
            return
        yield True
        own.execute("ROLLBACK")
