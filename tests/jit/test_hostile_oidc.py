"""Hostile ID tokens and userinfo: none opens a session or writes a user, and each ends on a page with a reference."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model

from example_project.identity_providers.keys import make_key
from tests.jit.browser import Browser
from tests.jit.doors import OidcDoor, make_person
from tests.jit.hostile_oidc import TamperedProvider
from tests.jit.scenes import everything, refusal

pytestmark = pytest.mark.django_db

Lie = Callable[[TamperedProvider], None]


def says(**claims: Any) -> Lie:
    """Put claims into the ID token; a function is asked when the token is made."""

    def change(token: dict[str, Any]) -> None:
        token.update({name: value() if callable(value) else value for name, value in claims.items()})

    return lambda provider: provider.tamper.update(id_token=change)


def hides(name: str) -> Lie:
    """Take a claim out of the ID token."""
    return lambda provider: provider.tamper.update(id_token=lambda token: token.pop(name))


def _userinfo_of_somebody_else(provider: TamperedProvider) -> None:
    provider.tamper["userinfo"] = lambda claims: claims.update(sub="key-of-somebody-else")


def _userinfo_of_nobody(provider: TamperedProvider) -> None:
    provider.tamper["userinfo"] = lambda claims: claims.pop("sub")


def _another_key(provider: TamperedProvider) -> None:
    provider.signing_key = make_key()


def _another_key_id(provider: TamperedProvider) -> None:
    provider.tamper["header"] = lambda header: header.update(kid="of-no-key")


def _no_signature(provider: TamperedProvider) -> None:
    provider.signing_key, provider.algorithm = "", "none"


def _client_secret_as_key(provider: TamperedProvider) -> None:
    provider.signing_key, provider.algorithm = "made-up-secret-that-is-long-enough-for-hs256", "HS256"


def _no_id_token(provider: TamperedProvider) -> None:
    provider.tamper["token"] = lambda document: document.pop("id_token")


def _keys_are_a_list(provider: TamperedProvider) -> None:
    provider.tamper["keys"] = lambda document: document.update(keys=[])


LIES = {
    "another issuer": says(iss="https://other.example.org"),
    "issuer with a slash": lambda provider: says(iss=provider.issuer + "/")(provider),
    "no issuer": hides("iss"),
    "another audience": says(aud="another-client"),
    "no audience": hides("aud"),
    "empty audience": says(aud=[]),
    "several audiences without azp": says(aud=["suite", "another-client"]),
    "another azp": says(azp="another-client"),
    "another azp among audiences": says(aud=["suite", "another-client"], azp="another-client"),
    "expired": says(exp=int(time.time()) - 3600),
    "no expiry": hides("exp"),
    "not yet valid": says(nbf=int(time.time()) + 3600),
    "no time of issue": hides("iat"),
    "no subject": hides("sub"),
    "empty subject": says(sub=""),
    "number as subject": says(sub=7),
    "another nonce": says(nonce="of-another-login"),
    "no nonce": hides("nonce"),
    "userinfo of somebody else": _userinfo_of_somebody_else,
    "userinfo of nobody": _userinfo_of_nobody,
    "another key": _another_key,
    "another key id": _another_key_id,
    "no signature": _no_signature,
    "another algorithm": _client_secret_as_key,
    "no id token": _no_id_token,
    "no keys": _keys_are_a_list,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_token_that_is_not_for_this_login_is_refused(oidc: OidcDoor, browser: Browser, lie: Lie) -> None:
    """Every rule of OpenID Connect Core §3.1.3.7 and §5.3.2 is held; nothing is written but the event."""
    oidc.connect()
    lie(oidc.provider)  # type: ignore[arg-type]

    page = oidc.log_in(make_person(), browser)

    assert refusal(page).reason == "token_refused"
    assert browser.whoami() is None
    assert not get_user_model()._base_manager.exists()


def _without_key_id(provider: TamperedProvider) -> None:
    provider.tamper["header"] = lambda header: header.pop("kid")


def _without_any_key_id(provider: TamperedProvider) -> None:
    _without_key_id(provider)
    provider.tamper["keys"] = lambda document: document["keys"][0].pop("kid")


def _among_keys_of_other_kinds(provider: TamperedProvider) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    elliptic = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    retired = jwt.algorithms.RSAAlgorithm.to_jwk(make_key().public_key(), as_dict=True)
    others = [{"kty": "future", "kid": "f"}, elliptic, retired]
    provider.tamper["keys"] = lambda document: document.update(keys=[*others, *document["keys"]])
    provider.tamper["header"] = lambda header: header.pop("kid")


FRIENDLY = {
    "no key id in the token": _without_key_id,
    "no key id anywhere": _without_any_key_id,
    "keys of other kinds beside it": _among_keys_of_other_kinds,
    "our azp": says(azp="suite"),
    "several audiences with our azp": says(aud=["another-client", "suite"], azp="suite"),
    "a clock a little ahead": says(iat=lambda: int(time.time()) + 20),
    "a clock a little behind": says(exp=lambda: int(time.time()) - 20),
}


@pytest.mark.parametrize("habit", FRIENDLY.values(), ids=FRIENDLY.keys())
def test_token_of_an_honest_provider_is_taken(oidc: OidcDoor, browser: Browser, habit: Lie) -> None:
    """What the specification allows providers to do does not keep anybody out."""
    oidc.connect()
    habit(oidc.provider)  # type: ignore[arg-type]

    page = oidc.log_in(make_person(), browser)

    assert page.status == 200, page.text
    assert browser.whoami() is not None


def test_code_of_another_login_is_refused(oidc: OidcDoor, browsers: Callable[[], Browser]) -> None:
    """A code that was stolen from one browser opens nothing in another: state, nonce and PKCE are bound to it."""
    oidc.connect()
    mine, yours = browsers(), browsers()
    person = make_person()
    oidc.people[person.key] = person
    stolen = oidc.provider.redirect_for(mine.get(oidc.login_path), person)  # type: ignore[attr-defined]
    yours.get(oidc.login_path)

    page = yours.get(stolen)

    assert page.status == 403
    assert yours.whoami() is None
    assert not get_user_model()._base_manager.exists()


def test_code_is_redeemed_once(oidc: OidcDoor, browser: Browser) -> None:
    """The address of a finished login, opened again, logs nobody in."""
    oidc.connect()
    person = make_person()
    oidc.people[person.key] = person
    back = oidc.provider.redirect_for(browser.get(oidc.login_path), person)  # type: ignore[attr-defined]
    assert browser.get(back).status == 200

    page = browser.get(back)

    assert page.status == 403
    assert browser.whoami() is None


def test_login_that_the_provider_aborted_ends_on_the_page(oidc: OidcDoor, browser: Browser) -> None:
    """An error=access_denied is no server error and says nothing of the account."""
    oidc.connect()

    page = browser.get("/oidc/callback/?error=access_denied&state=x")

    assert page.status == 403
    assert "Sign-in refused" in page.text


@pytest.mark.parametrize(
    "endpoint", ["OIDC_OP_TOKEN_ENDPOINT", "OIDC_OP_JWKS_ENDPOINT", "OIDC_OP_USER_ENDPOINT"]
)
@pytest.mark.parametrize("way", ["refused", "not json", "gone"])
def test_provider_that_does_not_answer_ends_on_the_page(
    oidc: OidcDoor, browser: Browser, settings: Any, endpoint: str, way: str
) -> None:
    """A provider that is down or answers rubbish is a refusal with a reference, not a server error."""
    oidc.connect()
    addresses = {
        "refused": "http://127.0.0.1:9/",
        "not json": f"{oidc.provider.issuer}/logout",
        "gone": f"{oidc.provider.issuer}/nowhere",
    }
    setattr(settings, endpoint, addresses[way])
    before = everything()

    page = oidc.log_in(make_person(), browser)

    assert refusal(page).reason == "idp_unreachable"
    assert "did not answer" in page.text
    assert everything() == before


@pytest.mark.parametrize("document", ["[]", "7", "null", '"text"'])
@pytest.mark.parametrize("what", ["token", "keys", "userinfo"])
def test_provider_that_answers_another_shape_ends_on_the_page(
    oidc: OidcDoor, browser: Browser, what: str, document: str
) -> None:
    """JSON that is no object is refused as well."""
    oidc.connect()
    oidc.provider.instead[what] = document  # type: ignore[attr-defined]

    page = oidc.log_in(make_person(), browser)

    assert refusal(page).reason in {"token_refused", "idp_unreachable"}
