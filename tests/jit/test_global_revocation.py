"""Global Token Revocation (Okta Universal Logout): who may ask, whom it finds, and how far it reaches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from django_provisioning.lifecycle import connections
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Account, Connection, Event, Identity
from tests.factories import make_connection, make_context
from tests.jit.browser import Browser
from tests.jit.doors import OidcDoor, SamlDoor, make_person
from tests.jit.hostile_tokens import FORGERIES, NO_JWTS, Claims, Forgery, later, with_, without
from tests.jit.scenes import directory_of, identity_of

pytestmark = pytest.mark.django_db

PATH = "/idp/global-token-revocation/"
ADDRESS = f"http://testserver{PATH}"
ADA: dict[str, Any] = {"format": "email", "email": "ada.marsh@example.com"}
ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]
_asked: list[tuple[Any, Any]] = []


class BadgeRevoker(Revoker):
    """Ends something of the project's own."""

    kind = "badges"
    database_only = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Note the reach."""
        _asked.append((user.pk, connection))
        return 1


@pytest.fixture(autouse=True)
def badges(settings: Any) -> list[tuple[Any, Any]]:
    """Give what the project's own revoker was asked."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.BadgeRevoker"]}
    _asked.clear()
    return _asked


def okta_of(oidc: OidcDoor, **policies: Any) -> Connection:
    """Trust the provider for logins and for revocation."""
    return oidc.connect(**policies)


def request_token(provider: Any, address: str = ADDRESS, **changes: Any) -> str:
    """Give what authenticates a request, signed by the running provider."""
    claims = {**provider.revocation_claims(address), **changes}
    return str(provider.signed(claims, "global-token-revocation+jwt"))


def send(token: str, subject: Any = None, *, path: str = PATH, name: str = "sub_id") -> Any:
    """Post a revocation as the IdP does."""
    document = {name: ADA if subject is None else subject}
    client = Client(enforce_csrf_checks=True)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return client.post(path, json.dumps(document), content_type="application/json", headers=headers)


@pytest.mark.parametrize("engine", ENGINES)
def test_sessions_and_tokens_of_the_person_end(
    oidc: OidcDoor, browsers: Any, settings: Any, tmp_path: Any, engine: str, badges: list[Any]
) -> None:
    """C16, N20: every browser is out at the next request on every engine, and the tokens go; others stay."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    connection = okta_of(oidc)
    first, second, other = browsers(), browsers(), browsers()
    for browser, name in ((first, "ada.marsh"), (second, "ada.marsh"), (other, "bo.lindgren")):
        oidc.log_in(make_person(name), browser)
        assert browser.whoami() is not None
    ada = identity_of(connection, "ada.marsh").user

    answer = send(request_token(oidc.provider))

    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (204, b"", "no-store")
    assert [first.whoami(), second.whoami()] == [None, None]
    assert other.whoami() is not None
    assert badges == [(ada.pk, None)]
    event = Event.objects.get(type="session.revoked")
    assert (event.reason, event.actor_label) == ("global_token_revocation", "global_token_revocation")
    assert (event.effects["everywhere"], event.effects["badges"]) == (True, 1)


def test_person_stays_and_may_log_in_again(oidc: OidcDoor, browser: Browser) -> None:
    """It is no leave: account, identity and flags are what they were."""
    connection = okta_of(oidc)
    oidc.log_in(make_person(), browser)
    before = list(Identity.objects.values()), list(Account.objects.values("state", "managed_by"))

    send(request_token(oidc.provider))

    assert (list(Identity.objects.values()), list(Account.objects.values("state", "managed_by"))) == before
    oidc.log_in(make_person(), browser)
    assert browser.whoami() is not None
    assert identity_of(connection, "ada.marsh").user.is_active


@pytest.mark.parametrize(
    "subject",
    [
        ADA,
        {"format": "email", "email": "Ada.Marsh@Example.com"},
        {"format": "opaque", "id": "key-of-ada.marsh"},
        {"format": "iss_sub", "iss": "", "sub": "key-of-ada.marsh"},
    ],
    ids=["email", "email in capitals", "opaque", "iss_sub"],
)
def test_subject_identifiers_that_find_the_person(
    oidc: OidcDoor, browser: Browser, subject: dict[str, Any]
) -> None:
    """RFC 9493: the formats that Okta offers, and the provider's own opaque id."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)
    if "iss" in subject:
        subject = {**subject, "iss": oidc.provider.issuer}

    assert send(request_token(oidc.provider), subject).status_code == 204
    assert browser.whoami() is None


def test_auth0s_name_of_the_subject_is_read(oidc: OidcDoor, browser: Browser) -> None:
    """Auth0 documents "subject" where the draft says "sub_id"."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)

    assert send(request_token(oidc.provider), name="subject").status_code == 204
    assert browser.whoami() is None


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        ({"format": "email", "email": "nobody@example.com"}, 404),
        ({"format": "opaque", "id": "nobody"}, 404),
        ({"format": "iss_sub", "iss": "https://other.example.org", "sub": "key-of-ada.marsh"}, 404),
        ({"format": "phone_number", "phone_number": "+12065550100"}, 400),
        ({"format": "email"}, 400),
        ({"format": "email", "email": ["ada.marsh@example.com"]}, 400),
        ({"format": "email", "email": "\0"}, 400),
        ({"format": "opaque", "id": ""}, 400),
        ({}, 400),
        ([], 400),
        ("ada.marsh@example.com", 400),
    ],
)
def test_subject_identifiers_that_find_nobody(
    oidc: OidcDoor, browser: Browser, subject: Any, status: int
) -> None:
    """Unknown people are 404, malformed identifiers 400; nothing ends."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)

    assert send(request_token(oidc.provider), subject).status_code == status
    assert browser.whoami() is not None
    assert not Event.objects.filter(type="session.revoked").exists()


def test_two_people_with_one_address_are_nobody(oidc: OidcDoor, browser: Browser) -> None:
    """Guessing would end the wrong person's access, so neither ends."""
    connection = okta_of(oidc)
    oidc.log_in(make_person(), browser)
    directory_of(connection).create_user("ada.second", emails=[{"value": "ada.marsh@example.com"}])

    assert send(request_token(oidc.provider)).status_code == 422
    assert browser.whoami() is not None


def test_person_of_another_connection_is_not_known(oidc: OidcDoor, saml: SamlDoor, browser: Browser) -> None:
    """C15: an IdP learns nothing of, and ends nothing for, people whom it does not vouch for."""
    okta_of(oidc)
    saml.connect()
    saml.log_in(make_person(), browser)

    assert send(request_token(oidc.provider)).status_code == 404
    assert browser.whoami() is not None


@pytest.mark.parametrize("reach", ["another connection", "staff", "break-glass", "managed staff"])
def test_reach_ends_where_the_connections_say_ends(
    oidc: OidcDoor, browser: Browser, badges: list[Any], reach: str
) -> None:
    """N22: of people of two tenants, and of protected accounts, only what came through this connection ends."""
    connection = okta_of(oidc, manages_privileged=reach == "managed staff")
    oidc.log_in(make_person(), browser)
    user = identity_of(connection, "ada.marsh").user
    if reach == "another connection":
        other = make_connection()
        twin = Identity.objects.get(user=user)
        twin.pk, twin.connection, twin.scim_id = None, other, "another"
        twin.save()
    elif "staff" in reach:
        user.is_staff = True
        user.save()
    else:
        Account.objects.filter(user=user).update(kind=Account.Kind.BREAK_GLASS)

    assert send(request_token(oidc.provider)).status_code == 204

    assert badges == [(user.pk, None if reach == "managed staff" else connection)]
    assert browser.whoami() is None


def test_saml_connection_names_the_issuer_of_revocations(
    oidc: OidcDoor, saml: SamlDoor, browser: Browser
) -> None:
    """A connection without OpenID hears of leavers too: its columns name the issuer and the keys that count."""
    issuer = oidc.provider.issuer
    saml.connect(revocation_issuer=issuer, signing_keys_url=f"{issuer}/jwks")
    saml.log_in(make_person(), browser)
    assert browser.whoami() is not None

    assert send(request_token(oidc.provider)).status_code == 204
    assert browser.whoami() is None


def test_issuer_of_several_connections_needs_the_slug(oidc: OidcDoor, browser: Browser) -> None:
    """One Okta for two tenants: the address names the connection, and the token is for that address."""
    issuer = oidc.provider.issuer
    okta_of(oidc, slug="acme")
    make_connection("lumen", revocation_issuer=issuer, signing_keys_url=f"{issuer}/jwks")
    oidc.log_in(make_person(), browser)

    ambiguous = send(request_token(oidc.provider)).status_code
    elsewhere = send(request_token(oidc.provider), path=f"{PATH}acme/").status_code
    other = send(request_token(oidc.provider, f"{ADDRESS}lumen/"), path=f"{PATH}lumen/").status_code
    assert (ambiguous, elsewhere, other) == (401, 401, 404)
    assert browser.whoami() is not None

    assert send(request_token(oidc.provider, f"{ADDRESS}acme/"), path=f"{PATH}acme/").status_code == 204
    assert browser.whoami() is None


def test_address_behind_a_proxy_is_that_of_site_url(oidc: OidcDoor, browser: Browser, settings: Any) -> None:
    """Aud is the address that the IdP was given, also where a proxy changes scheme and host."""
    settings.DJANGO_PROVISIONING = {"SITE_URL": "https://app.example.com/"}
    okta_of(oidc)
    oidc.log_in(make_person(), browser)

    inside = send(request_token(oidc.provider)).status_code
    outside = send(request_token(oidc.provider, f"https://app.example.com{PATH}")).status_code

    assert (inside, outside) == (401, 204)


def test_disabled_connection_has_no_say(oidc: OidcDoor, browser: Browser) -> None:
    """An IdP that is trusted no more cannot end anybody's access."""
    connection = okta_of(oidc)
    oidc.log_in(make_person(), browser)
    connections.configure(make_context(connection), connection, enabled=False)

    assert send(request_token(oidc.provider)).status_code == 401


CHANGES: dict[str, Callable[[Claims], Claims]] = {
    "no issuer": without("iss"),
    "wrong issuer": with_(iss="https://openid.example.org"),
    "no audience": without("aud"),
    "the client id as audience": with_(aud="suite"),
    "another path": with_(aud="http://testserver/idp/backchannel-logout/"),
    "another host": with_(aud="https://app.example.org/idp/global-token-revocation/"),
    "no expiry": without("exp"),
    "expired": later(exp=-120),
    "no time of issue": without("iat"),
    "issued an hour ago": later(iat=-3_600),
    "issued tomorrow": later(iat=86_400, exp=90_000),
    "not yet valid": later(nbf=600),
    "no jti": without("jti"),
    "jti with NUL": with_(jti="a\0"),
}
_OTHER_TYPES = {"logout token": lambda provider, claims: provider.signed(claims, "logout+jwt")}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_claims_that_break_a_rule(
    oidc: OidcDoor, browser: Browser, change: Callable[[Claims], Claims]
) -> None:
    """N21: the IdP's own signature does not help a request that is stale or for another service."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)
    claims = change(oidc.provider.revocation_claims(ADDRESS))

    answer = send(oidc.provider.signed(claims, "global-token-revocation+jwt"))

    assert_unauthorized(answer, browser)


@pytest.mark.parametrize("forgery", {**FORGERIES, **_OTHER_TYPES}.values(), ids=[*FORGERIES, *_OTHER_TYPES])
def test_signatures_and_types_that_prove_nothing(oidc: OidcDoor, browser: Browser, forgery: Forgery) -> None:
    """N21: nobody but the IdP can end a person's access."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)
    provider: Any = oidc.provider

    assert_unauthorized(send(forgery(provider, provider.revocation_claims(ADDRESS))), browser)


@pytest.mark.parametrize("text", NO_JWTS.values(), ids=NO_JWTS)
def test_what_is_no_jwt(oidc: OidcDoor, browser: Browser, text: str) -> None:
    """Whatever comes is an answer, never a failure of the server."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)

    assert_unauthorized(send(text), browser)


def assert_unauthorized(answer: Any, browser: Browser) -> None:
    """Hold that the answer is 401 as RFC 6750 wants it, and that nothing happened."""
    assert answer.status_code == 401, answer.content
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert browser.whoami() is not None
    assert not Event.objects.filter(type="session.revoked").exists()


def test_request_is_taken_once(oidc: OidcDoor, browser: Browser) -> None:
    """A request that was seen on the wire does not end the next session."""
    okta_of(oidc)
    oidc.log_in(make_person(), browser)
    token = request_token(oidc.provider)
    assert send(token).status_code == 204
    oidc.log_in(make_person(), browser)

    assert send(token).status_code == 401
    assert browser.whoami() is not None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"[" * 10_000, b'"' + b"a" * 20_000 + b'"', b"\xff"]
)
def test_body_that_is_no_request(oidc: OidcDoor, body: bytes) -> None:
    """A malformed body is 400."""
    okta_of(oidc)
    headers = {"authorization": f"Bearer {request_token(oidc.provider)}"}

    answer = Client().post(PATH, body, content_type="application/json", headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_provider_that_does_not_answer_is_asked_to_try_again(oidc: OidcDoor, settings: Any) -> None:
    """Without keys nothing can be believed; 503 lets the IdP repeat."""
    okta_of(oidc)
    settings.OIDC_OP_JWKS_ENDPOINT = "http://localhost:9/jwks"

    assert send(request_token(oidc.provider)).status_code == 503


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer  "])
def test_request_without_a_bearer_token(oidc: OidcDoor, header: str) -> None:
    """No token, no look at the body."""
    okta_of(oidc)

    answer = Client().post(PATH, b"{", content_type="application/json", headers={"authorization": header})

    assert answer.status_code == 401
