"""The session engines of the matrix."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from tests.matrix.page import ENGINES

# Under any other settings module the libraries are not installed, and there is nothing to collect.
collect_ignore_glob = [] if apps.is_installed("knox") and apps.is_installed("djangosaml2") else ["test_*.py"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    """The session engine of the project; that of the cache stands on Redis."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    if request.param == "cache":
        _use_redis(settings)
    return str(request.param)


def _use_redis(settings: Any) -> None:
    redis = pytest.importorskip("redis")
    try:
        redis.Redis.from_url(settings.TEST_REDIS_URL).ping()
    except redis.RedisError:
        pytest.skip(f"Redis does not answer at {settings.TEST_REDIS_URL} (make services starts it)")
    backend = "django.core.cache.backends.redis.RedisCache"
    store = {"BACKEND": backend, "LOCATION": settings.TEST_REDIS_URL, "KEY_PREFIX": uuid.uuid4().hex}
    settings.CACHES = {**settings.CACHES, "sessions": store}
    settings.SESSION_CACHE_ALIAS = "sessions"
