"""What the conformance tests share: a connection of its own for each test, and a client with its token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from django_provisioning.models import Connection
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Forget the request counters: one test's refused tokens are not another's."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def connection(db: None) -> Connection:
    """Give a connection with the default policies."""
    return make_connection()


@pytest.fixture
def scim(connection: Connection) -> ScimClient:
    """Give a client with a token of the connection."""
    return ScimClient(make_token(connection))


@pytest.fixture
def strict(db: None) -> ScimClient:
    """Give a client of a connection that forgives nothing."""
    return ScimClient(make_token(make_connection(strict=True)))
