"""The six kinds of account (N16), each with a session, a token, a granted group and a way to log in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.authtoken.models import Token

from django_provisioning.jit.login import sign_in
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Connection, GroupLink, Identity
from tests.factories import make_connection, make_token
from tests.lifecycle.people import fresh, local_user, make_group, push, push_group
from tests.scim_client import ScimClient

ISSUER, CLIENT_ID, ENTITY_ID = "https://idp.example.com", "app", "https://saml.example.com/metadata"
NAME = "ada@example.com"


@dataclass
class Person:
    """Somebody with access, and everything that opens a door for them."""

    source: str
    user: Any
    connection: Connection
    identity: Identity | None = None
    claims: LoginClaims | None = None
    group: GroupLink | None = None
    scim: ScimClient = field(init=False)
    browser: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        """Log in, get a token, and give the directory its own."""
        self.scim = ScimClient(make_token(self.connection))
        self.browser.force_login(fresh(self.user))
        self.token = Token.objects.create(user=self.user).key

    @property
    def path(self) -> str:
        """The SCIM path of the person."""
        assert self.identity is not None
        return f"/Users/{self.identity.scim_id}"

    def document(self, **attributes: Any) -> dict[str, Any]:
        """Give what the directory says of the person."""
        return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": NAME, **attributes}

    def doors(self) -> tuple[int, int]:
        """Give the status of the session's and of the token's next request."""
        by_token = self.browser.get("/api/me/", headers={"Authorization": f"Token {self.token}"})
        return self.browser.get("/me/").status_code, by_token.status_code

    def is_active(self) -> bool:
        """Read the user row again."""
        return bool(get_user_model()._default_manager.get(pk=self.user.pk).is_active)


def make_person(source: str) -> Person:
    """Make somebody as that source does."""
    person = _MAKERS[source](_connection(manages_privileged=source == "superuser"))
    if person.identity is not None:
        person.group = push_group(person.connection, "Staff", person.identity)
    else:
        make_group("Staff", person.user)
    assert person.doors() == (200, 200)
    return person


def _connection(**policies: Any) -> Connection:
    return make_connection(
        "acme", visibility="linked", jit="create", linking="trusted", oidc_issuer=ISSUER, oidc_client_id=CLIENT_ID,
        saml_entity_id=ENTITY_ID, required_group="Staff", **policies,
    )  # fmt: skip


def _manual(connection: Connection) -> Person:
    return Person("manual", local_user(NAME, password="Longest-0ne", email=NAME), connection, claims=_oidc())


def _jit_saml(connection: Connection) -> Person:
    claims = LoginClaims("saml", ENTITY_ID, "subject-1", claims={"uid": NAME})
    identity = sign_in(claims).outcome.identity
    return Person("jit_saml", identity.user, connection, identity, claims)


def _jit_oidc(connection: Connection) -> Person:
    identity = sign_in(_oidc()).outcome.identity
    return Person("jit_oidc", identity.user, connection, identity, _oidc())


def _scim(connection: Connection) -> Person:
    identity = push(connection, NAME).identity
    return Person("scim", identity.user, connection, identity, _oidc())


def _linked(connection: Connection) -> Person:
    identity = push(connection, NAME).identity
    sign_in(_oidc())
    return Person("linked", identity.user, connection, fresh(identity), _oidc())


def _superuser(connection: Connection) -> Person:
    person = _jit_oidc(connection)
    get_user_model()._default_manager.filter(pk=person.user.pk).update(is_staff=True, is_superuser=True)
    person.source, person.user = "superuser", fresh(person.user)
    return person


def _oidc() -> LoginClaims:
    return LoginClaims("oidc", ISSUER, "subject-1", client_id=CLIENT_ID, claims={"preferred_username": NAME})


_MAKERS = {
    "manual": _manual,
    "jit_saml": _jit_saml,
    "jit_oidc": _jit_oidc,
    "scim": _scim,
    "linked": _linked,
    "superuser": _superuser,
}
SOURCES = tuple(_MAKERS)
