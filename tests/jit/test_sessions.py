"""Sessions that a login opened: how long they live and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_provisioning.jit.oidc import OIDCProvisioningBackend
from django_provisioning.jit.saml import SamlProvisioningBackend
from django_provisioning.models import SessionIndex
from tests.jit.browser import Browser
from tests.jit.doors import Door, OidcDoor, SamlDoor, make_person
from tests.jit.hostile_saml import answer_to, deliver
from tests.jit.scenes import directory_of, identity_of

pytestmark = pytest.mark.django_db

ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]


def saml_time(moment: datetime) -> str:
    """Write a time as SAML does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_left(browser: Browser) -> float:
    """Give how long the session of the browser has still to live."""
    return float(browser.client.session.get_expiry_age())


def test_session_lives_as_long_as_django_says_without_a_policy(
    oidc: OidcDoor, browser: Browser, settings: Any
) -> None:
    """No policy, no IdP limit: Django's own age."""
    oidc.connect()

    oidc.log_in(make_person(), browser)

    assert seconds_left(browser) == settings.SESSION_COOKIE_AGE


def test_session_ends_when_the_connection_says(door: Door, browser: Browser) -> None:
    """session_max_age_seconds counts from the login, and no request prolongs it (C7)."""
    door.connect(session_max_age_seconds=600)
    door.log_in(make_person(), browser)
    first = browser.client.session.get_expiry_date()

    browser.whoami()

    assert 590 < seconds_left(browser) <= 600
    assert browser.client.session.get_expiry_date() == first


@pytest.mark.parametrize("engine", ENGINES)
def test_session_that_is_over_is_refused_on_every_engine(
    door: Door, browser: Browser, settings: Any, tmp_path: Any, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time is up the server refuses the cookie, whatever the browser does with it."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    door.connect(session_max_age_seconds=600)
    door.log_in(make_person(), browser)
    assert browser.whoami() is not None

    later = timezone.now() + timedelta(seconds=700)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    monkeypatch.setattr("time.time", later.timestamp)

    assert browser.whoami() is None


def test_saml_session_ends_when_the_idp_says(saml: SamlDoor, browser: Browser) -> None:
    """SessionNotOnOrAfter of the assertion limits the session (SAML Core §2.7.2) (C7)."""
    saml.connect()
    end = timezone.now() + timedelta(minutes=10)

    deliver(browser, answer_to(saml, browser, make_person(), session_not_on_or_after=saml_time(end)))

    assert 570 < seconds_left(browser) <= 600


@pytest.mark.parametrize(("own", "expected"), [(60, 60), (86_400, 600)])
def test_earlier_of_both_limits_counts(saml: SamlDoor, browser: Browser, own: int, expected: int) -> None:
    """Connection and IdP both limit; the earlier end wins."""
    saml.connect(session_max_age_seconds=own)
    end = saml_time(timezone.now() + timedelta(seconds=600))

    deliver(browser, answer_to(saml, browser, make_person(), session_not_on_or_after=end))

    assert expected - 30 < seconds_left(browser) <= expected


def test_session_is_indexed_with_the_idps_own_session(door: Door, browser: Browser) -> None:
    """The index knows whose session it is and how the IdP calls it, for single logout."""
    connection = door.connect()

    door.log_in(make_person(), browser)

    row = SessionIndex.objects.get(session_key=browser.client.session.session_key)
    assert (row.user, row.connection) == (identity_of(connection, "ada.marsh").user, connection)
    assert row.idp_session


@pytest.mark.parametrize("engine", ENGINES)
def test_open_session_of_somebody_who_left_is_refused_at_the_next_request(
    door: Door, browser: Browser, settings: Any, tmp_path: Any, engine: str
) -> None:
    """The directory deactivates: the session is dead at once, and stays dead after reactivation."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    connection = door.connect()
    client = directory_of(connection)
    path = f"/Users/{client.create_user('ada.marsh')['id']}"
    door.log_in(make_person(), browser)
    assert browser.whoami() is not None

    client.patch(path, [{"op": "replace", "path": "active", "value": False}])
    gone = browser.whoami()
    client.patch(path, [{"op": "replace", "path": "active", "value": True}])

    assert gone is None
    assert browser.whoami() is None


@pytest.mark.parametrize("backend", [SamlProvisioningBackend, OIDCProvisioningBackend])
def test_get_user_gives_nobody_who_is_inactive(backend: type[Any]) -> None:
    """Both backends refuse inactive and unknown users for open sessions."""
    user = get_user_model().objects.create_user("ada.marsh")
    active = backend().get_user(user.pk)
    user.is_active = False
    user.save()

    assert active == user
    assert backend().get_user(user.pk) is None
    assert backend().get_user(user.pk + 1) is None


def test_login_over_a_session_of_somebody_else_starts_a_new_one(
    door: Door, browsers: Callable[[], Browser]
) -> None:
    """Another person's login in the same browser takes over no session data and no session key."""
    connection = door.connect()
    browser = browsers()
    door.log_in(make_person("ada"), browser)
    session = browser.client.session
    session["basket"] = "of ada"
    session.save()
    key = session.session_key
    if door.name == "saml":
        deliver(browser, answer_to_bo(door, browsers()))  # type: ignore[arg-type]
    else:
        door.log_in(make_person("bo"), browser)

    who = browser.whoami()

    if door.name == "oidc":
        assert str(who["pk"]) == str(identity_of(connection, "bo").user_id)  # type: ignore[index]
        assert "basket" not in browser.client.session
        assert browser.client.session.session_key != key
    else:
        assert str(who["pk"]) == str(identity_of(connection, "ada").user_id)  # type: ignore[index]


def answer_to_bo(door: SamlDoor, elsewhere: Browser) -> str:
    """Give an answer for Bo to a request that another browser made."""
    return answer_to(door, elsewhere, make_person("bo"))


def test_logout_at_the_site_ends_the_session_at_the_provider(saml: SamlDoor, browser: Browser) -> None:
    """Single logout that the site starts goes to the IdP and back (SAML Profiles §4.4)."""
    saml.connect()
    saml.log_in(make_person(), browser)

    browser.client.post("/saml2/logout/")
    page = browser.get("/saml2/logout/")

    assert page.status in {200, 302, 405}
    assert browser.whoami() is None


def test_logout_at_the_provider_ends_the_session_at_the_site(saml: SamlDoor, browser: Browser) -> None:
    """Single logout that the IdP starts reaches the site through the browser."""
    saml.connect()
    saml.log_in(make_person(), browser)
    assert browser.whoami() is not None

    page = browser.get(f"{saml.provider.url}/logout")

    assert "logged out everywhere" in page.text
    assert browser.whoami() is None
    assert not SessionIndex.objects.exists()
