"""Where a connection's signing keys may be fetched: what decides about access must not travel in the clear."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.admin.forms import ConnectionForm
from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import connections
from django_provisioning.management.policy_values import policy
from django_provisioning.models import Event
from tests.factories import make_connection, make_context

pytestmark = pytest.mark.django_db

GOOD = [
    "https://login.example.com/keys",
    "https://login.example.com:8443/realms/lumen/protocol/openid-connect/certs?v=1",
    "http://localhost:8802/jwks",
    "http://127.0.0.1:8802/jwks",
    "http://[::1]:8802/jwks",
]
BAD = [
    "http://login.example.com/keys",
    "http://10.0.0.7/keys",
    "http://localhost.example.org/keys",
    "https://",
    "https:///keys",
    "https://user:secret@login.example.com/keys",
    "https://login.example.com@evil.example.org/keys",
    "https://login.example.com/keys#part",
    "https://login.example.com/a b",
    "https://login.example.com:port/keys",
    "https://[::1/keys",
    "ftp://login.example.com/keys",
    "file:///etc/passwd",
    "login.example.com/keys",
]


@pytest.mark.parametrize("url", GOOD)
def test_address_that_is_taken(url: str) -> None:
    """Https anywhere, http on this machine; the event shows the change."""
    connection = make_connection()

    connections.configure(make_context(connection), connection, **dict([policy(f"signing_keys_url={url}")]))

    connection.refresh_from_db()
    assert connection.signing_keys_url == url
    event = Event.objects.get(type="connection.configured")
    assert event.changes == {"signing_keys_url": {"old": "", "new": url}}


@pytest.mark.parametrize("url", BAD)
def test_address_that_is_refused(url: str) -> None:
    """Neither the command nor the admin form takes an address that somebody on the way could answer for."""
    connection = make_connection()

    with pytest.raises(ProvisioningError, match="signing_keys_url is an https address"):
        connections.configure(make_context(connection), connection, signing_keys_url=url)

    form = ConnectionForm({"name": "Acme", "slug": "acme", "idp": "generic", "signing_keys_url": url})
    assert "signing_keys_url is an https address" in str(form.non_field_errors())


@pytest.mark.parametrize(("text", "value"), [("signing_keys_url=none", ""), ("revocation_issuer=none", None)])
def test_policies_are_cleared_with_none(text: str, value: Any) -> None:
    """Both policies go back to what they were."""
    connection = make_connection(
        signing_keys_url="https://login.example.com/keys", revocation_issuer="https://example.okta.com"
    )
    name, read = policy(text)

    connections.configure(make_context(connection), connection, **{name: read})

    connection.refresh_from_db()
    assert getattr(connection, name) == value
