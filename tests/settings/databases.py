"""The database of a test run, chosen by the environment.

``TEST_DATABASE`` is ``sqlite`` (default), ``postgres`` or ``mariadb``; ``TEST_POSTGRES_URL`` and
``TEST_MARIADB_URL`` say where the servers are. ``TEST_DATABASE_NAME`` lets two runs share one server.
"""

from __future__ import annotations

import os
from typing import Any

import dj_database_url

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")
MARIADB_URL = os.environ.get("TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")


def chosen_database() -> dict[str, Any]:
    """Give the entry for ``DATABASES["default"]``.

    Raises:
        ValueError: ``TEST_DATABASE`` names no database that the suite knows.
    """
    kind = os.environ.get("TEST_DATABASE") or "sqlite"
    if kind == "sqlite":
        return _sqlite()
    if kind == "postgres":
        return _server(POSTGRES_URL, {})
    if kind == "mariadb":
        # The server's own collation stays: it folds case, as in most installations.
        return _server(MARIADB_URL, {"OPTIONS": {"charset": "utf8mb4"}, "TEST": {"CHARSET": "utf8mb4"}})
    raise ValueError(f"TEST_DATABASE must be sqlite, postgres or mariadb, not {kind!r}.")


def _sqlite() -> dict[str, Any]:
    # Django tests SQLite in shared memory. IMMEDIATE as in production: a write lock is taken at BEGIN.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }


def _server(url: str, extra: dict[str, Any]) -> dict[str, Any]:
    name = os.environ.get("TEST_DATABASE_NAME") or "django_provisioning"
    parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    return {**parsed, **extra, "NAME": name}
