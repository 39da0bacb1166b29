"""Hostile logout tokens: every one is answered 400, ends nothing and writes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from django_provisioning.exceptions import TransientDatabaseError
from django_provisioning.lifecycle import transactions
from django_provisioning.models import Event, SessionIndex
from example_project.identity_providers.keys import make_key
from example_project.identity_providers.oidc import LOGOUT_EVENT
from tests.jit.browser import Browser
from tests.jit.doors import OidcDoor, make_person
from tests.jit.hostile_tokens import FORGERIES, NO_JWTS, Claims, Forgery, later, with_, without
from tests.jit.test_back_channel import ADDRESS, logged_in, logout_token, send

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[Claims], Claims]] = {
    "no issuer": without("iss"),
    "wrong issuer": with_(iss="https://openid.example.org"),
    "issuer with a slash more": lambda claims: {**claims, "iss": claims["iss"] + "/"},
    "issuer with NUL": lambda claims: {**claims, "iss": claims["iss"] + "\0"},
    "no audience": without("aud"),
    "wrong audience": with_(aud="another-client"),
    "no audience in the list": with_(aud=[]),
    "numbers in the audience": with_(aud=[1, "suite"]),
    "no time of issue": without("iat"),
    "issued tomorrow": later(iat=86_400, exp=90_000),
    "issued an hour ago": later(iat=-3_600),
    "issued at no number": with_(iat="yesterday"),
    "issued at infinity": with_(iat=float("inf")),
    "expired": later(exp=-120),
    "not yet valid": later(nbf=600),
    "no jti": without("jti"),
    "jti is a number": with_(jti=7),
    "jti is empty": with_(jti=""),
    "nonce": with_(nonce="n-0S6"),
    "empty nonce": with_(nonce=None),
    "no events": without("events"),
    "events are a text": with_(events=LOGOUT_EVENT),
    "events are a list": with_(events=[LOGOUT_EVENT]),
    "another event": with_(
        events={"https://schemas.openid.net/secevent/risc/event-type/account-disabled": {}}
    ),
    "the event is true": with_(events={LOGOUT_EVENT: True}),
    "neither sub nor sid": without("sub", "sid"),
    "sub is a number": with_(sub=7),
    "sid is a list": with_(sid=["s1"]),
    "sub with NUL": with_(sub="key\0"),
    "sub is half a surrogate pair": with_(sub="\ud800"),
    "sub is endless": with_(sub="k" * 2_000),
}


@pytest.fixture
def sid(oidc: OidcDoor, browser: Browser) -> str:
    """Give what the provider calls the open session of a person."""
    oidc.connect()
    return logged_in(oidc, browser)


def nothing_happened(browser: Browser) -> bool:
    """Whether the session lives on and no row was written."""
    is_silent = not Event.objects.filter(type="session.revoked").exists()
    return browser.whoami() is not None and SessionIndex.objects.exists() and is_silent


def assert_refused(answer: Any, browser: Browser) -> None:
    """Hold that the answer is a refusal as §2.8 wants it, and that nothing happened."""
    assert answer.status_code == 400, answer.content
    assert answer.json().keys() == {"error", "error_description"}
    assert answer["Cache-Control"] == "no-store"
    assert nothing_happened(browser)


@pytest.mark.compliance(
    "OIDC Back-Channel Logout 1.0", "2.6", "A logout token that breaks a rule is refused."
)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_claims_that_break_a_rule(
    oidc: OidcDoor, browser: Browser, sid: str, change: Callable[[Claims], Claims]
) -> None:
    """N21: the provider's own signature does not help a token that is stale, for somebody else, or no logout."""
    provider: Any = oidc.provider
    claims = provider.logout_claims(provider.clients["suite"], "key-of-ada.marsh", sid)

    answer = send(provider.signed(change(claims), "logout+jwt"))

    assert_refused(answer, browser)
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_signatures_and_types_that_prove_nothing(
    oidc: OidcDoor, browser: Browser, sid: str, forgery: Forgery
) -> None:
    """N21: nobody but the provider can log a person out."""
    provider: Any = oidc.provider
    claims = provider.logout_claims(provider.clients["suite"], "key-of-ada.marsh", sid)

    assert_refused(send(forgery(provider, claims)), browser)


@pytest.mark.parametrize("text", NO_JWTS.values(), ids=NO_JWTS)
def test_what_is_no_jwt(oidc: OidcDoor, browser: Browser, sid: str, text: str) -> None:
    """Whatever comes is an answer, never a failure of the server."""
    assert_refused(send(text), browser)


def test_id_token_of_the_person_is_no_logout_token(oidc: OidcDoor, browser: Browser, sid: str) -> None:
    """§2.4: an ID token that somebody got hold of cannot log its owner out."""
    provider: Any = oidc.provider
    seen: list[Claims] = []
    provider.tamper["id_token"] = lambda claims: seen.append(dict(claims))
    oidc.log_in(make_person(), browser)

    assert_refused(send(provider.signed(seen[0])), browser)


def test_token_is_taken_once(oidc: OidcDoor, browser: Browser, sid: str) -> None:
    """A token that was seen on the wire does not end the next session."""
    token = logout_token(oidc.provider, "key-of-ada.marsh")  # type: ignore[arg-type]
    assert send(token).status_code == 200
    logged_in(oidc, browser)

    answer = send(token)

    assert answer.status_code == 400
    assert "used before" in answer.json()["error_description"]
    assert browser.whoami() is not None


@pytest.mark.parametrize(
    "form",
    [
        {"content_type": "application/json", "data": '{"logout_token": "a.b.c"}'},
        {"data": {"token": "a.b.c"}},
        {"data": {"logout_token": ["a.b.c", "a.b.c"]}},
        {"data": {}},
    ],
)
def test_what_is_no_form_with_one_token(form: dict[str, Any]) -> None:
    """§2.5: one logout_token in a form, nothing else."""
    answer = Client().post(ADDRESS, **form)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_cache_that_fails_lets_nothing_through(
    oidc: OidcDoor, browser: Browser, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a memory a replay cannot be told from a first use, so nothing is taken."""

    def fail(*_: Any, **__: Any) -> bool:
        raise ConnectionError("the cache is down")

    monkeypatch.setattr(caches["default"], "add", fail)

    answer = send(logout_token(oidc.provider, sid=sid))  # type: ignore[arg-type]

    assert_refused(answer, browser)
    assert answer.json()["error"] == "temporarily_unavailable"


def test_token_whose_work_failed_may_come_again(
    oidc: OidcDoor, browser: Browser, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is busy costs a repetition, not the log-out."""

    def busy(*_: Any) -> None:
        raise TransientDatabaseError("The database is busy.")

    token = logout_token(oidc.provider, sid=sid)  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        patched.setattr(transactions, "run", busy)
        assert send(token).json()["error"] == "temporarily_unavailable"

    assert send(token).status_code == 200
    assert browser.whoami() is None


def test_keys_are_fetched_once_for_many_tokens(oidc: OidcDoor, browser: Browser, sid: str) -> None:
    """A stranger who posts all day makes this site fetch the provider's keys once in half a minute."""
    provider: Any = oidc.provider
    fetched: list[int] = []
    provider.tamper["keys"] = lambda _: fetched.append(1)
    claims = provider.logout_claims(provider.clients["suite"], "key-of-ada.marsh", sid)

    for _ in range(5):
        send(FORGERIES["unknown key id"](provider, claims))
        send(FORGERIES["wrong key"](provider, claims))

    assert len(fetched) == 1
    assert nothing_happened(browser)


def test_new_key_of_the_provider_is_fetched_after_the_pause(
    oidc: OidcDoor, browser: Browser, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key rotation works without a restart."""
    provider: Any = oidc.provider
    send(logout_token(provider, "somebody"))
    new = make_key()
    monkeypatch.setattr(provider, "key", new)
    monkeypatch.setattr(provider, "key_id", "new")
    provider.signing_key = new
    soon, later_on = time.monotonic() + 5, time.monotonic() + 31

    monkeypatch.setattr(time, "monotonic", lambda: soon)
    assert send(logout_token(provider, sid=sid)).status_code == 400
    monkeypatch.setattr(time, "monotonic", lambda: later_on)

    assert send(logout_token(provider, sid=sid)).status_code == 200
    assert browser.whoami() is None


@pytest.mark.parametrize(
    "keys", ["no JSON", "[]", "{}", '{"keys": 7}', '{"keys": [7, {"kty": "XYZ"}]}', "x" * 600_000]
)
def test_key_set_that_is_none(oidc: OidcDoor, browser: Browser, sid: str, keys: str) -> None:
    """A provider that answers rubbish proves nothing, and breaks nothing."""
    provider: Any = oidc.provider
    provider.instead["keys"] = keys

    assert_refused(send(logout_token(provider, sid=sid)), browser)


def test_connection_without_keys_says_so(oidc: OidcDoor, browser: Browser, sid: str, settings: Any) -> None:
    """Fail closed: without an address for the keys nothing is taken, and the log names the setting."""
    settings.OIDC_OP_ISSUER = "https://openid.example.org"

    answer = send(logout_token(oidc.provider, sid=sid))  # type: ignore[arg-type]

    assert_refused(answer, browser)
    assert "signing_keys_url" in answer.json()["error_description"]


def test_log_names_the_rule_and_never_the_token(
    oidc: OidcDoor, browser: Browser, sid: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is logged lets an operator act and a reader of logs do nothing."""
    token = logout_token(oidc.provider, "key-of-ada.marsh", sid, nonce="n")  # type: ignore[arg-type]

    with caplog.at_level(logging.DEBUG, "django_provisioning"):
        send(token)

    assert "nonce" in caplog.text
    assert token.split(".")[1] not in caplog.text
    assert "key-of-ada" not in caplog.text


def test_refusal_costs_one_query_at_most(
    oidc: OidcDoor, browser: Browser, sid: str, django_assert_max_num_queries: Any
) -> None:
    """Anybody may post, so a refused token costs the look at the connection and writes no row."""
    provider: Any = oidc.provider
    token = FORGERIES["wrong key"](provider, provider.logout_claims(provider.clients["suite"], "x"))

    with django_assert_max_num_queries(1):
        send(token)
