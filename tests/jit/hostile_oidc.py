"""An OpenID provider that lies where a test tells it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import jwt

from example_project.identity_providers.oidc import Client, Grant, OpenIdProvider
from example_project.identity_providers.people import Person
from example_project.identity_providers.serving import Reply, Request
from tests.jit.browser import Form, Page

Change = Callable[[dict[str, Any]], Any]


class TamperedProvider(OpenIdProvider):
    """Hands ID token claims, userinfo, headers and keys to functions of the test before they go out."""

    def reset(self) -> None:
        """Be honest again, and know nobody."""
        self.people.clear()
        self.tamper: dict[str, Change] = {}
        self.instead: dict[str, str] = {}
        self.signing_key: Any = self.key
        self.algorithm = "RS256"

    def answer(self, request: Request) -> Reply:
        """Answer, at some endpoints something else."""
        what = request.path.strip("/").replace("jwks", "keys")
        reply = super().answer(request)
        if what in self.instead:
            return replace(reply, body=self.instead[what])
        if what == "token" and what in self.tamper:
            return replace(reply, body=json.dumps(self._changed(what, json.loads(reply.body))))
        return reply

    def id_token_claims(self, grant: Grant) -> dict[str, Any]:
        """Give the ID token's claims, changed."""
        return self._changed("id_token", super().id_token_claims(grant))

    def userinfo_claims(self, grant: Grant) -> dict[str, Any]:
        """Give userinfo, changed."""
        return self._changed("userinfo", super().userinfo_claims(grant))

    def key_set(self) -> dict[str, Any]:
        """Give the public keys, changed."""
        return self._changed("keys", super().key_set())

    def signed(self, claims: dict[str, Any], type_: str = "JWT") -> str:
        """Sign with whatever key and header the test wants."""
        header = self._changed("header", {"kid": self.key_id, "typ": type_})
        return jwt.encode(claims, self.signing_key, algorithm=self.algorithm, headers=header)

    def redirect_for(self, page: Page, person: Person) -> str:
        """Give where the person's choice on the login page leads, for people whom no form can carry."""
        form = Form.of(page.text)
        code = self.issue_code(person, form.fields)
        return f"{form.fields['redirect_uri']}?{urlencode({'code': code, 'state': form.fields['state']})}"

    def _changed(self, what: str, document: dict[str, Any]) -> dict[str, Any]:
        change = self.tamper.get(what)
        if change is not None:
            change(document)
        return document


def make_provider(issuer: str) -> TamperedProvider:
    """Give an honest provider that knows the suite as a client."""
    redirects = ("http://testserver/oidc/callback/",)
    provider = TamperedProvider(issuer, [Client("suite", "made-up-secret", redirects)], ())
    provider.reset()
    return provider
