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


ANSWERS = {"role_changes": "rarely", "follows": "at_once", "ends_elsewhere": "no"}


@pytest.mark.parametrize(
    ("role_changes", "follows", "ends_elsewhere", "preset"),
    [
        ("rarely", "next_login", "yes", "jit_only"),
        ("rarely", "next_login", "no", "offboarding_first"),
        ("rarely", "day", "yes", "jit_then_scim"),
        ("rarely", "day", "no", "offboarding_first"),
        ("rarely", "at_once", "yes", "scim_authoritative"),
        ("rarely", "at_once", "no", "regulated"),
        ("often", "next_login", "yes", "jit_then_scim"),
        ("often", "next_login", "no", "offboarding_first"),
        ("often", "day", "yes", "scim_authoritative"),
        ("often", "day", "no", "scim_authoritative"),
        ("often", "at_once", "yes", "scim_authoritative"),
        ("often", "at_once", "no", "regulated"),
    ],
)
def test_questions_recommend_a_preset_with_the_reason(
    role_changes: str, follows: str, ends_elsewhere: str, preset: str
) -> None:
    """All twelve answers lead somewhere: the page says why, and the form below has the preset chosen (N2)."""
    query = {"role_changes": role_changes, "follows": follows, "ends_elsewhere": ends_elsewhere}

    response = superuser().get("connection_add", query=query)

    page = text_of(response)
    assert f"Recommended: {preset}" in page
    assert f'<option value="{preset}" selected>' in page
    assert str(response.context["recommendation"].reason)[:40] in page
    assert all(f'name="{name}" value="{value}"' in page for name, value in query.items())


@pytest.mark.parametrize("query", [{"role_changes": "often"}, {**ANSWERS, "follows": "whenever"}])
def test_questions_with_an_answer_missing_recommend_nothing(query: dict[str, str]) -> None:
    """Half an answer is no basis; an answer that is none is none (N2)."""
    page = text_of(superuser().get("connection_add", query=query))

    assert "Recommended:" not in page
    assert "Answer all three questions" in page


@pytest.mark.parametrize("chosen", ["regulated", "jit_only", ""])
def test_questions_are_kept_in_the_event_with_what_was_chosen(chosen: str) -> None:
    """The record says what was answered, what that recommends, and what the person did (N2)."""
    superuser().post("connection_add", **connection_fields(**ANSWERS, preset=chosen))

    event = Event.objects.get(type="connection.created")
    assert event.effects == {**ANSWERS, "recommended_preset": "regulated", "preset": chosen or "none"}


def test_questions_may_be_left_out() -> None:
    """They are an offer: without answers the connection is made, and the event claims none (N2)."""
    browser = superuser()
    page = text_of(browser.get("connection_add"))

    browser.post("connection_add", **connection_fields(role_changes="often"))

    assert "Which preset?" in page
    assert Connection.objects.filter(slug="acme").exists()
    assert Event.objects.get(type="connection.created").effects == {}


def test_questions_are_not_asked_of_a_connection_that_is_there() -> None:
    """They choose where to begin; a policy is changed in the form."""
    connection = make_connection("acme")

    assert "Which preset?" not in text_of(superuser().get("connection_change", connection.pk, query=ANSWERS))


def test_responsible_is_shown_changed_and_recorded() -> None:
    """Who does by hand what nothing here does is a policy like the others."""
    connection = make_connection("acme", idp="okta")
    browser = superuser()

    browser.post("connection_change", connection.pk, **connection_fields(responsible="Service desk"))

    event = Event.objects.get(type="connection.configured")
    assert event.changes == {"responsible": {"old": "", "new": "Service desk"}}
    assert "done by hand by: Service desk." in text_of(browser.get("connection_change", connection.pk))
