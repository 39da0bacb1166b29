"""Presets and the policies of logins on the page of a connection."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.lifecycle.presets import PRESETS
from django_provisioning.models import Connection, Event
from tests.admin.pages import Browser, connection_fields, superuser, text_of
from tests.factories import make_connection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", PRESETS)
def test_connection_add_with_a_preset_has_its_policies(name: str) -> None:
    """The preset goes over what the fields hold."""
    superuser().post("connection_add", **connection_fields(preset=name, linking="trusted", jit="link_only"))

    connection = Connection.objects.get(slug="acme")
    assert {policy: getattr(connection, policy) for policy in PRESETS[name].policies} == PRESETS[
        name
    ].policies


def test_connection_change_to_a_preset_is_one_event() -> None:
    """The event shows what the preset changed, and nothing else."""
    connection = make_connection("acme", idp="okta")

    superuser().post("connection_change", connection.pk, **connection_fields(preset="regulated"))

    event = Event.objects.get(type="connection.configured")
    assert event.changes["session_max_age_seconds"] == {"old": None, "new": 8 * 3600}
    assert set(event.changes) <= set(PRESETS["regulated"].policies)


def test_connection_change_of_login_policies_is_written() -> None:
    """Issuer, mappings and lists are typed in place."""
    connection = make_connection("acme", idp="okta")
    typed = {
        "oidc_issuer": "https://idp.example.com",
        "oidc_client_id": "app",
        "jit": "create",
        "attribute_sync": '{"default": "empty_only"}',
        "allowed_email_domains": '["example.com"]',
        "seat_limit": "50",
    }

    superuser().post("connection_change", connection.pk, **connection_fields(**typed))

    connection.refresh_from_db()
    assert (connection.oidc_issuer, connection.jit, connection.seat_limit) == (
        "https://idp.example.com",
        "create",
        50,
    )
    assert connection.attribute_sync == {"default": "empty_only"}
    assert connection.allowed_email_domains == ["example.com"]
    assert connection.saml_entity_id is None


@pytest.mark.parametrize(
    "typed",
    [
        {"attribute_sync": '{"default": "sometimes"}'},
        {"privilege_rules": '{"Admins": "root"}'},
        {"oidc_issuer": "https://idp.example.com"},
        {"oidc_client_id": "app"},
        {"preset": "strict"},
    ],
)
def test_connection_change_malformed_policy_stays_on_the_form(typed: dict[str, Any]) -> None:
    """What would silently weaken a policy is refused where it was typed."""
    connection = make_connection("acme", idp="okta")

    response = superuser().post("connection_change", connection.pk, **connection_fields(**typed))

    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert not Event.objects.filter(type="connection.configured").exists()


def test_connection_page_of_a_token_issuer_opens() -> None:
    """Who may only look sees the policies; the preset is a question, not a value."""
    connection = make_connection("acme", jit="create")

    page = text_of(Browser("issue_token").get("connection_change", connection.pk))

    assert "Create accounts" in page
