"""JSON bytes and timestamps as they go out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """Serialise a document to UTF-8 JSON."""
    return orjson.dumps(value)


def canonical(value: Any) -> bytes:
    """Serialise equal documents to equal bytes: PostgreSQL gives members back in an order of its own.

    >>> canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})
    True
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def timestamp(moment: datetime) -> str:
    """Write an aware datetime as RFC 7643 §2.3.5 has it, in UTC with microseconds.

    >>> timestamp(datetime(2026, 1, 31, 9, 5, tzinfo=UTC))
    '2026-01-31T09:05:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
