"""The site of these tests, and the session engines it may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_provisioning.lifecycle import session_use
from django_provisioning.models import Connection, Identity
from tests.factories import make_connection
from tests.guard.visits import BACKENDS, GUARD
from tests.lifecycle.people import push

ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    """A site with the guard and every backend; nothing is remembered of other tests' sessions."""
    settings.ROOT_URLCONF = "tests.guard.urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, GUARD]
    settings.AUTHENTICATION_BACKENDS = list(BACKENDS.values())
    settings.LOGIN_URL = "/login/"
    for name in ("AUTHORIZATION", "TOKEN", "USER", "JWKS"):
        setattr(settings, f"OIDC_OP_{name}_ENDPOINT", f"https://openid.example.com/{name.lower()}")
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = "site", "made-up"
    settings.OIDC_RP_SIGN_ALGO = "HS256"
    session_use._noted.clear()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    """The session engine of the site."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return str(request.param)


@pytest.fixture
def acme() -> Connection:
    """A tenant."""
    return make_connection("acme")


@pytest.fixture
def ada(acme: Connection) -> Identity:
    """Somebody whom the tenant's directory pushed."""
    return push(acme, "ada").identity
