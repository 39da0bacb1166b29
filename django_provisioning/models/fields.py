"""Columns that compare text byte for byte on every database.

SCIM ids, external ids and folded keys must mean the same on SQLite, PostgreSQL and MariaDB: "a" is not "A",
"a" is not "a ", and order is the order of code points, as in Python. The default collations differ in all three.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


def _binary_collation(connection: BaseDatabaseWrapper) -> str | None:
    """Name the collation that compares code points without padding; None where it is the default."""
    if connection.vendor == "postgresql":
        return "C"
    if connection.vendor == "mysql":
        return "utf8mb4_nopad_bin" if getattr(connection, "mysql_is_mariadb", False) else "utf8mb4_0900_bin"
    return None  # SQLite's BINARY is the default already.


class _ByteWise:
    """Adds the binary collation of the database at hand to a text column."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = super().db_parameters(connection)  # type: ignore[misc]
        parameters["collation"] = _binary_collation(connection)
        return parameters


class KeyField(_ByteWise, models.CharField):  # type: ignore[type-arg]
    """A short opaque or folded text, at most ``max_length`` characters (255 if not said), fit for an index."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(*args, **kwargs)


class KeyTextField(_ByteWise, models.TextField):  # type: ignore[type-arg]
    """A text of any length that is compared like a KeyField but stands in no index."""
