"""OpenID Connect Back-Channel Logout 1.0: what a logout token ends, on every engine that can list its sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from django_provisioning.models import Account, Event, Identity, SessionIndex
from tests.jit.browser import Browser
from tests.jit.doors import OidcDoor, make_person
from tests.jit.hostile_oidc import TamperedProvider
from tests.jit.scenes import identity_of

pytestmark = pytest.mark.django_db

ADDRESS = "/idp/backchannel-logout/"
ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]
LISTING = ENGINES[:-1]
Browsers = Callable[[], Browser]


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    """Use the engine that the test names, else the database."""
    name = getattr(request, "param", "db")
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{name}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return str(name)


def logout_token(provider: TamperedProvider, subject: str = "", sid: str = "", **more: Any) -> str:
    """Give a token that the running provider signs."""
    claims = provider.logout_claims(provider.clients["suite"], subject, sid)
    return provider.signed({**claims, **more}, "logout+jwt")


def send(token: str) -> Any:
    """Post a logout token as a provider does: without cookie, CSRF token or browser."""
    return Client(enforce_csrf_checks=True).post(ADDRESS, {"logout_token": token})


def logged_in(oidc: OidcDoor, browser: Browser, name: str = "ada.marsh") -> str:
    """Log somebody in and give what the provider calls the session."""
    oidc.log_in(make_person(name), browser)
    assert browser.whoami() is not None
    row = SessionIndex.objects.filter(session_key=browser.client.cookies["sessionid"].value[:64]).first()
    return row.idp_session or "" if row else ""


@pytest.mark.compliance("OIDC Back-Channel Logout 1.0", "2.7", "A sid ends the session that it names.")
@pytest.mark.parametrize("engine", LISTING, indirect=True)
def test_session_of_the_token_ends_at_the_next_request(oidc: OidcDoor, browsers: Browsers) -> None:
    """C16: the session that the provider names is dead; the person's other browser and other people go on."""
    oidc.connect()
    first, second, other = browsers(), browsers(), browsers()
    sid = logged_in(oidc, first)
    logged_in(oidc, second)
    logged_in(oidc, other, "bo.lindgren")

    answer = send(logout_token(oidc.provider, sid=sid))  # type: ignore[arg-type]

    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"", "no-store")
    assert first.whoami() is None
    assert second.whoami() is not None
    assert other.whoami() is not None


@pytest.mark.compliance(
    "OIDC Back-Channel Logout 1.0", "2.7", "A sub alone ends every session of the person."
)
@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_subject_of_the_token_loses_every_session(oidc: OidcDoor, browsers: Browsers) -> None:
    """N21: on every engine, signed cookies included, all browsers of the person are out."""
    oidc.connect()
    first, second, other = browsers(), browsers(), browsers()
    logged_in(oidc, first)
    logged_in(oidc, second)
    logged_in(oidc, other, "bo.lindgren")

    answer = send(logout_token(oidc.provider, "key-of-ada.marsh"))  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert [first.whoami(), second.whoami()] == [None, None]
    assert other.whoami() is not None


def test_account_identity_and_groups_stay(oidc: OidcDoor, browser: Browser) -> None:
    """A log-out is no leave: one event, nothing else changes, and the person may log in again."""
    connection = oidc.connect()
    sid = logged_in(oidc, browser)
    before = list(Identity.objects.values()), list(Account.objects.values())

    send(logout_token(oidc.provider, "key-of-ada.marsh", sid))  # type: ignore[arg-type]

    assert (list(Identity.objects.values()), list(Account.objects.values())) == before
    event = Event.objects.get(type="session.revoked")
    assert (event.reason, event.effects) == ("back_channel_logout", {"sessions": 1})
    assert (event.actor_type, event.connection) == ("sso_login", connection)
    logged_in(oidc, browser)
    assert identity_of(connection, "ada.marsh").user.is_active


@pytest.mark.parametrize("names", [{"sid": "unknown"}, {"subject": "nobody"}])
def test_unknown_session_is_over_already(oidc: OidcDoor, browser: Browser, names: dict[str, str]) -> None:
    """§2.7: nothing to end is success; no event is written, and nobody else is logged out."""
    oidc.connect()
    logged_in(oidc, browser)

    answer = send(logout_token(oidc.provider, **names))  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert browser.whoami() is not None
    assert not Event.objects.filter(type="session.revoked").exists()


@pytest.mark.parametrize("engine", ["signed_cookies"], indirect=True)
def test_session_without_subject_cannot_be_found_in_signed_cookies(oidc: OidcDoor) -> None:
    """Where sessions cannot be listed the site says so instead of answering success for nothing."""
    oidc.connect()

    answer = send(logout_token(oidc.provider, sid="s1"))  # type: ignore[arg-type]

    assert answer.status_code == 400
    assert "by their subject only" in answer.json()["error_description"]


def test_session_of_another_connection_is_out_of_reach(
    oidc: OidcDoor, browser: Browser, settings: Any
) -> None:
    """C15: the same sid and sub under another client id of the same provider are somebody else's."""
    connection = oidc.connect()
    sid = logged_in(oidc, browser)
    other = oidc.connect(oidc_client_id="other", signing_keys_url=f"{oidc.provider.issuer}/jwks")

    answer = send(logout_token(oidc.provider, "key-of-ada.marsh", sid, aud="other"))  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert browser.whoami() is not None
    assert SessionIndex.objects.get().connection == connection != other


def test_keys_of_the_connection_come_from_its_own_address(
    oidc: OidcDoor, browser: Browser, settings: Any
) -> None:
    """A connection that the OIDC settings do not name says itself where its provider's keys are."""
    oidc.connect(signing_keys_url=f"{oidc.provider.issuer}/jwks")
    sid = logged_in(oidc, browser)
    settings.OIDC_OP_JWKS_ENDPOINT = "http://localhost:9/jwks"

    answer = send(logout_token(oidc.provider, sid=sid))  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert browser.whoami() is None


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods_are_not_allowed(method: str) -> None:
    """The endpoint takes POST and nothing else."""
    answer = getattr(Client(), method)(ADDRESS)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("typ", ["logout+jwt", "application/logout+jwt", "LOGOUT+JWT", "JWT", None])
def test_types_that_providers_write_are_taken(oidc: OidcDoor, typ: str | None) -> None:
    """§2.4 recommends logout+jwt; providers that have not heard of it say JWT or nothing."""
    oidc.connect()
    provider: Any = oidc.provider
    provider.tamper["header"] = lambda header: header.update(typ=typ)

    assert send(logout_token(provider, "somebody")).status_code == 200
