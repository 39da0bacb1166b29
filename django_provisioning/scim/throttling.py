"""Limits on the number of requests: per connection, and per address for wrong tokens.

Fixed windows counted in the cache: two operations whatever the rate. The default lets a hundred requests through
each second, because an IdP that is answered 429 for long puts the application into quarantine. Where the cache is
down requests pass: a limit is no protection of data.
"""

from __future__ import annotations

import logging
import time

from django.core.cache import cache

from ..conf import settings
from ..models import Connection
from ..protocol.errors import TooManyRequests

logger = logging.getLogger("django_provisioning.scim")

_SECONDS = {"s": 1, "sec": 1, "min": 60, "m": 60, "hour": 3600, "h": 3600}


def parse_rate(rate: str) -> tuple[int, int]:
    """Give the number of requests and the seconds of the window.

    >>> parse_rate("6000/min")
    (6000, 60)

    Raises:
        ValueError: the text is no rate.
    """
    number, _, period = rate.partition("/")
    if period not in _SECONDS or not number.isdigit() or int(number) < 1:
        raise ValueError(f"{rate!r} is no rate; write '100/s', '6000/min' or '100000/hour'.")
    return int(number), _SECONDS[period]


def require_rate(connection: Connection) -> None:
    """Count a request of the connection.

    Raises:
        TooManyRequests: the window is full; Retry-After says when the next one begins.
    """
    if settings.THROTTLE is None:
        return
    limit, window = parse_rate(settings.THROTTLE)
    if _count(f"connection:{connection.pk}", window) > limit:
        raise TooManyRequests(headers={"Retry-After": str(_remaining(window))})


def require_few_failures(address: str | None) -> None:
    """Refuse an address that sent too many wrong tokens; other tenants behind other addresses are not affected."""
    if settings.AUTHENTICATION_FAILURES is None:
        return
    limit, window = parse_rate(settings.AUTHENTICATION_FAILURES)
    if _read(f"failures:{address}", window) > limit:
        raise TooManyRequests(headers={"Retry-After": str(_remaining(window))})


def count_failure(address: str | None) -> None:
    """Count a wrong token of an address."""
    if settings.AUTHENTICATION_FAILURES is not None:
        _count(f"failures:{address}", parse_rate(settings.AUTHENTICATION_FAILURES)[1])


def _key(name: str, window: int) -> str:
    return f"django_provisioning:{name}:{int(time.time()) // window}"


def _remaining(window: int) -> int:
    return window - int(time.time()) % window


def _count(name: str, window: int) -> int:
    key = _key(name, window)
    try:
        if cache.add(key, 1, timeout=window + 1):
            return 1
        return cache.incr(key)
    except Exception:  # Any cache back end may be down, each with errors of its own.
        logger.warning("The cache does not count requests", exc_info=True)
        return 0


def _read(name: str, window: int) -> int:
    try:
        return int(cache.get(_key(name, window), 0))
    except Exception:  # As above.
        logger.warning("The cache does not count requests", exc_info=True)
        return 0
