"""What every test of the HTTP face needs: counters that start at zero."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    """Requests and failures are counted in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()
