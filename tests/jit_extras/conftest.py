"""One provider for all tests of the adapters, and a connection that trusts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models.signals import post_save

from django_provisioning.models import Connection
from tests.factories import make_connection
from tests.jit_extras.libraries import Library, installed
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


@pytest.fixture
def library(provider: Provider, settings: Any) -> Library:
    """The library of these settings, which sends people to the provider."""
    found = installed(settings)
    assert found is not None, "The tests of each module say which settings they need."
    found.use(provider)
    return found


@pytest.fixture
def whole_saves() -> Iterator[list[Any]]:
    """Collect the users whose whole row somebody writes again: nobody named the columns."""
    found: list[Any] = []

    def receiver(instance: Any, created: bool, update_fields: Any, **_: Any) -> None:
        if not created and update_fields is None:
            found.append(instance)

    post_save.connect(receiver, sender=get_user_model())
    yield found
    post_save.disconnect(receiver, sender=get_user_model())
