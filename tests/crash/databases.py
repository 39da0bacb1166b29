"""A database that several processes share, on the server of ``TEST_DATABASE`` or as an SQLite file."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.live_server import _postgres_database
from tests.settings.databases import MARIADB_URL


def shared_database(folder: Path) -> AbstractContextManager[str]:
    """Give the URL of an empty database, which is gone afterwards."""
    kind = os.environ.get("TEST_DATABASE") or "sqlite"
    if kind == "postgres":
        return _postgres_database()
    return _mariadb_database() if kind == "mariadb" else _file(folder)


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'crash.sqlite3'}"


@contextmanager
def _mariadb_database() -> Iterator[str]:
    import MySQLdb

    name = f"provisioning_crash_{uuid.uuid4().hex[:12]}"
    url = urlsplit(MARIADB_URL)
    server = MySQLdb.connect(
        host=url.hostname, port=url.port or 3306, user=url.username or "root", password=url.password or ""
    )
    server.query(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield f"{MARIADB_URL}/{name}"
    finally:
        server.query(f"DROP DATABASE {name}")
        server.close()
