"""When a login may take a local account over, seen through real logins by both protocols (DESIGN §7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from django_provisioning.lifecycle import connections
from django_provisioning.models import Identity
from tests.factories import make_context
from tests.jit.browser import Browser
from tests.jit.doors import Door, OidcDoor, make_person
from tests.jit.scenes import everything, identity_of, refusal
from tests.lifecycle.people import local_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("linking", ["never", "verified_email", "trusted"])
def test_local_account_with_the_name_is_linked_only_by_policy(
    door: Door, browser: Browser, linking: str
) -> None:
    """A local account is linked when the connection is trusted, not because its name is asserted."""
    connection = door.connect(linking=linking)
    local = local_user("ada.marsh")

    page = door.log_in(make_person(email="else@example.com"), browser)

    if linking == "trusted":
        assert browser.whoami()["pk"] == local.pk  # type: ignore[index]
        assert identity_of(connection, "ada.marsh").user == local
    else:
        assert refusal(page).reason == "link_refused"
        assert not Identity.objects.exists()


def test_local_account_in_a_verified_domain_is_linked_by_email(door: Door, browser: Browser) -> None:
    """verified_email: the domain belongs to the connection and the IdP vouches for the address."""
    connection = door.connect(linking="verified_email")
    connections.verify_domain(make_context(connection), connection, "example.com")
    local = local_user("another.name", email="ada.marsh@example.com")

    door.log_in(make_person(), browser)

    assert browser.whoami()["pk"] == local.pk  # type: ignore[index]


def test_local_account_in_a_domain_of_nobody_is_not_linked_by_email(door: Door) -> None:
    """verified_email: an address in a domain that is not verified for the connection links nothing."""
    door.connect(linking="verified_email")
    local_user("another.name", email="ada.marsh@example.com")

    page = door.log_in(make_person())

    assert refusal(page).reason == "link_refused"


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_local_account_is_not_linked_by_an_email_that_is_not_verified(
    oidc: OidcDoor, browser: Browser, verified: Any
) -> None:
    """email_verified absent, false or a text is not verified: the login gets an account of its own (N8)."""
    connection = oidc.connect(linking="trusted")
    local = local_user("another.name", email="ada.marsh@example.com")

    oidc.log_in(make_person(email_verified=verified), browser)

    assert browser.whoami()["pk"] != local.pk  # type: ignore[index]
    assert not Identity.objects.filter(connection=connection, user=local).exists()


@pytest.mark.parametrize("kind", ["password", "staff", "superuser", "inactive"])
@pytest.mark.parametrize("linking", ["verified_email", "trusted"])
def test_local_account_worth_stealing_is_never_linked(door: Door, kind: str, linking: str) -> None:
    """A password, admin rights or an ended access keep a local account out of reach of any claim."""
    connection = door.connect(linking=linking)
    connections.verify_domain(make_context(connection), connection, "example.com")
    facts: dict[str, dict[str, Any]] = {
        "password": {"password": "kept-secret"},
        "staff": {"is_staff": True},
        "superuser": {"is_superuser": True},
        "inactive": {"is_active": False},
    }
    local_user("ada.marsh", email="ada.marsh@example.com", **facts[kind])
    before = everything()

    page = door.log_in(make_person())

    assert refusal(page).reason in {"link_refused", "deprovisioned", "protected_account"}
    assert everything() == before


def test_link_respects_the_sync_rules(door: Door) -> None:
    """Linking a local account writes no attribute that the connection never syncs."""
    door.connect(linking="trusted", attribute_sync={"default": "never", "name.familyName": "empty_only"})
    local = local_user("ada.marsh", email="own@example.com", first_name="Own")

    door.log_in(make_person(given_name="Claimed", family_name="Lake"))

    local.refresh_from_db()
    assert (local.email, local.first_name, local.last_name) == ("own@example.com", "Own", "Lake")


def test_account_linked_by_policy_is_known_by_its_subject_from_then_on(door: Door, browser: Browser) -> None:
    """After the link neither the name nor the address matters: the subject is the key."""
    door.connect(linking="trusted")
    local = local_user("ada.marsh")
    person = make_person()
    door.log_in(person)

    door.log_in(replace(person, user_name="someone.else", email="else@example.net"), browser)

    assert browser.whoami()["pk"] == local.pk  # type: ignore[index]
