"""One provider for all tests of the adapters, and a connection that trusts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from django_provisioning.models import Connection
from tests.factories import make_connection
from tests.jit_extras.provider import CLIENT_ID, Provider, running_provider


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """A real OpenID provider."""
    with running_provider() as started:
        yield started


@pytest.fixture
def connection(db: None, provider: Provider) -> Connection:
    """A connection that makes accounts for this provider's people."""
    return make_connection("acme", jit="create", oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID)
