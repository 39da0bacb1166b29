"""An OpenID Connect provider: code flow with PKCE, signed ID tokens, userinfo, a page to pick a person, log-out.

``python -m example_project.identity_providers.oidc --port 8802 --redirect-uri http://localhost:8000/oidc/callback/``
serves discovery at ``/.well-known/openid-configuration``; the issuer is the server's address. With
``--backchannel-logout-uri http://localhost:8000/idp/backchannel-logout/`` its ``/logout`` tells the site.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import jwt
import requests

from . import pages
from .keys import make_key
from .people import PEOPLE, Person
from .serving import LocalServer, Reply, Request

ALGORITHM = "RS256"
_CODE_SECONDS = 60
_TOKEN_SECONDS = 300
_LOGOUT_SECONDS = 120
_COOKIE = "openid_provider"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_ASKED = ("client_id", "redirect_uri", "state", "nonce", "scope", "code_challenge", "code_challenge_method")


@dataclass(frozen=True, slots=True)
class Client:
    """An application that may use the provider. Redirect addresses are compared exactly."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code or an access token stands for."""

    person: Person
    client: Client
    asked: Mapping[str, str]
    expires_at: float
    session_id: str


class OpenIdProvider:
    """One provider with its people and clients. A test may override what the tokens say."""

    def __init__(self, issuer: str, clients: Iterable[Client], people: Iterable[Person] = PEOPLE) -> None:
        self.issuer = issuer
        self.clients = {client.client_id: client for client in clients}
        self.people = {person.key: person for person in people}
        self.key = make_key()
        self.key_id = secrets.token_hex(4)
        self._codes: dict[str, Grant] = {}
        self._access_tokens: dict[str, Grant] = {}
        self._sessions: dict[str, list[Grant]] = {}

    @property
    def configuration(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery §3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "scopes_supported": ["openid", "email", "profile"],
        }

    def answer(self, request: Request) -> Reply:
        """Answer a request over HTTP."""
        actions: Mapping[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/.well-known/openid-configuration"): lambda _: Reply.json(self.configuration),
            ("GET", "/jwks"): lambda _: Reply.json(self.key_set()),
            ("GET", "/authorize"): self._ask_who,
            ("POST", "/authorize"): self._log_in,
            ("POST", "/token"): self._token,
            ("GET", "/userinfo"): self._userinfo,
            ("GET", "/logout"): self._log_out,
        }
        action = actions.get((request.method, request.path))
        return action(request) if action else pages.message("Not found", "There is nothing here.", 404)

    def key_set(self) -> dict[str, Any]:
        """Give the public keys (RFC 7517)."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}]}

    def id_token_claims(self, grant: Grant) -> dict[str, Any]:
        """Give what the ID token says (OpenID Connect Core §2)."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": grant.person.key,
            "aud": grant.client.client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "auth_time": now,
            "sid": grant.session_id,
        }
        if grant.asked.get("nonce"):
            claims["nonce"] = grant.asked["nonce"]
        return claims

    def userinfo_claims(self, grant: Grant) -> dict[str, Any]:
        """Give what userinfo says (OpenID Connect Core §5.3.2)."""
        return {"sub": grant.person.key, **grant.person.oidc_claims()}

    def logout_claims(self, client: Client, subject: str = "", session_id: str = "") -> dict[str, Any]:
        """Give what a logout token says (OpenID Connect Back-Channel Logout §2.4)."""
        now = int(time.time())
        names = {"sub": subject, "sid": session_id}
        return {
            "iss": self.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + _LOGOUT_SECONDS,
            "jti": secrets.token_urlsafe(12),
            "events": {LOGOUT_EVENT: {}},
            **{name: value for name, value in names.items() if value},
        }

    def revocation_claims(self, address: str) -> dict[str, Any]:
        """Give what authenticates a Global Token Revocation request to an address."""
        now = int(time.time())
        times = {"iat": now, "exp": now + _LOGOUT_SECONDS}
        return {"iss": self.issuer, "aud": address, "jti": secrets.token_urlsafe(12), **times}

    def signed(self, claims: dict[str, Any], type_: str = "JWT") -> str:
        """Give the claims as a signed token."""
        headers = {"kid": self.key_id, "typ": type_}
        return jwt.encode(claims, self.key, algorithm=ALGORITHM, headers=headers)

    def issue_code(self, person: Person, asked: Mapping[str, str], session_id: str = "") -> str:
        """Give a code for the person, to be redeemed once within a minute; without a session it opens a new one."""
        code = secrets.token_urlsafe(24)
        expires_at = time.monotonic() + _CODE_SECONDS
        client = self.clients[asked["client_id"]]
        session_id = session_id or secrets.token_urlsafe(12)
        self._codes[code] = grant = Grant(person, client, asked, expires_at, session_id)
        self._sessions.setdefault(session_id, []).append(grant)
        return code

    def issue_access_token(self, grant: Grant) -> str:
        """Give a token that opens userinfo."""
        access_token = secrets.token_urlsafe(24)
        self._access_tokens[access_token] = grant
        return access_token

    def _ask_who(self, request: Request) -> Reply:
        problem = self._problem_of(request.query)
        if problem:
            return pages.message("Bad request", problem, 400)
        fields = {name: request.query[name] for name in _ASKED if name in request.query}
        return pages.choose_person("Log in", self.people.values(), "/authorize", fields)

    def _problem_of(self, asked: Mapping[str, str]) -> str:
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or asked.get("redirect_uri") not in client.redirect_uris:
            return "The client or its redirect address is not known here."
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "Only the S256 challenge is supported."
        return ""

    def _log_in(self, request: Request) -> Reply:
        problem = self._problem_of(request.form)
        person = self.people.get(request.form.get("person", ""))
        if problem or person is None:
            return pages.message("Bad request", problem or "Nobody was chosen.", 400)
        # One session per browser and person, as long as nobody else logs in.
        session_id = request.cookie(_COOKIE)
        grants = self._sessions.get(session_id, [])
        if not grants or grants[0].person != person:
            session_id = secrets.token_urlsafe(12)
        code = self.issue_code(person, request.form, session_id)
        query = urlencode({"code": code, "state": request.form.get("state", "")})
        cookie = f"{_COOKIE}={session_id}; Path=/; HttpOnly; SameSite=Lax"
        address = f"{request.form['redirect_uri']}?{query}"
        return Reply(status=302, headers={"Location": address, "Set-Cookie": cookie})

    def _token(self, request: Request) -> Reply:
        """Redeem a code, once (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
        client = self._authenticated_client(request)
        if client is None:
            return Reply.json({"error": "invalid_client"}, 401)
        grant = self._codes.pop(request.form.get("code", ""), None)
        if grant is None or grant.client != client or not _fits(grant, request.form):
            return Reply.json({"error": "invalid_grant"}, 400)
        return Reply.json(
            {
                "access_token": self.issue_access_token(grant),
                "token_type": "Bearer",
                "expires_in": _TOKEN_SECONDS,
                "id_token": self.signed(self.id_token_claims(grant)),
            }
        )

    def _authenticated_client(self, request: Request) -> Client | None:
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            name, _, password = base64.b64decode(credentials).decode().partition(":")
            client_id, secret = unquote(name), unquote(password)
        client = self.clients.get(client_id)
        return client if client and secrets.compare_digest(client.secret, secret) else None

    def _userinfo(self, request: Request) -> Reply:
        grant = self._access_tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return Reply.json({"error": "invalid_token"}, 401)
        return Reply.json(self.userinfo_claims(grant))

    def _log_out(self, request: Request) -> Reply:
        """End the browser's session here and tell every client that has one of it (§2.5)."""
        session_id = request.cookie(_COOKIE)
        told = {grant.client: grant.person for grant in self._sessions.pop(session_id, [])}
        for client, person in told.items():
            if client.backchannel_logout_uri:
                claims = self.logout_claims(client, person.key, session_id)
                form = {"logout_token": self.signed(claims, "logout+jwt")}
                answer = requests.post(client.backchannel_logout_uri, form, timeout=10)
                if not answer.ok:
                    return pages.message(
                        "Not everywhere", f"{client.client_id} answers {answer.status_code}."
                    )
        return pages.message("Logged out", "You are logged out of the provider.")


def _fits(grant: Grant, form: Mapping[str, str]) -> bool:
    if time.monotonic() > grant.expires_at or form.get("redirect_uri") != grant.asked["redirect_uri"]:
        return False
    challenge = grant.asked.get("code_challenge")
    if not challenge:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="identity_providers.oidc", description="A local OpenID provider.")
    parser.add_argument("--port", type=int, default=8802)
    parser.add_argument("--client-id", default="example-project")
    parser.add_argument(
        "--client-secret", default="example-project-secret", help="made up; for this machine only"
    )
    parser.add_argument("--redirect-uri", action="append", required=True, metavar="URL")
    parser.add_argument("--backchannel-logout-uri", default="", metavar="URL")
    options = parser.parse_args(arguments)
    server = LocalServer(options.port)
    redirects = tuple(options.redirect_uri)
    client = Client(options.client_id, options.client_secret, redirects, options.backchannel_logout_uri)
    server.answer = OpenIdProvider(server.url, [client]).answer
    print(f"OpenID provider at {server.url}, client {client.client_id}", flush=True)  # noqa: T201  (a program for the terminal)
    server.serve()


if __name__ == "__main__":
    main()
