"""The two ways in, SAML and OpenID Connect, behind one face, so that a test can claim something of both."""

from __future__ import annotations

from typing import Any

from django_provisioning.models import Connection
from example_project.identity_providers.oidc import OpenIdProvider
from example_project.identity_providers.people import Person
from example_project.identity_providers.saml import SamlIdentityProvider
from tests.factories import make_connection
from tests.jit.browser import Browser, Page


class Door:
    """One protocol with one running provider. ``origin`` is what an account made through it says."""

    name: str
    origin: str

    def connect(self, slug: str = "", **policies: Any) -> Connection:
        """Make a connection that trusts the provider; accounts are made at login unless the test says otherwise."""
        return make_connection(slug, **{"jit": "create", **self.trust(), **policies})

    def trust(self) -> dict[str, Any]:
        """Give the columns of a connection that name the provider."""
        raise NotImplementedError

    def log_in(self, person: Person, browser: Browser | None = None) -> Page:
        """Log a person in, from the site's login address to the page where the browser ends."""
        browser = browser or Browser()
        self.people[person.key] = person
        return browser.choose(browser.get(self.login_path), person.key)

    @property
    def login_path(self) -> str:
        """The address of the site that starts a login."""
        raise NotImplementedError

    @property
    def people(self) -> dict[str, Person]:
        """The people whom the provider knows."""
        raise NotImplementedError


class SamlDoor(Door):
    """SAML 2.0 through djangosaml2."""

    name = "saml"
    origin = "jit_saml"

    def __init__(self, provider: SamlIdentityProvider) -> None:
        self.provider = provider

    def trust(self) -> dict[str, Any]:
        """Name the IdP by its entity id."""
        return {"saml_entity_id": self.provider.entity_id}

    @property
    def login_path(self) -> str:
        """djangosaml2's login view with the IdP chosen."""
        return f"/saml2/login/?idp={self.provider.entity_id}"

    @property
    def people(self) -> dict[str, Person]:
        """The people of the IdP."""
        return self.provider.people


class OidcDoor(Door):
    """OpenID Connect through mozilla-django-oidc."""

    name = "oidc"
    origin = "jit_oidc"

    def __init__(self, provider: OpenIdProvider) -> None:
        self.provider = provider

    def trust(self) -> dict[str, Any]:
        """Name the provider by its issuer and our client id there."""
        return {"oidc_issuer": self.provider.issuer, "oidc_client_id": "suite"}

    @property
    def login_path(self) -> str:
        """mozilla-django-oidc's login view."""
        return "/oidc/authenticate/"

    @property
    def people(self) -> dict[str, Person]:
        """The people of the provider."""
        return self.provider.people


def make_person(name: str = "ada.marsh", **changes: Any) -> Person:
    """Give a person of a directory; ``key`` is made from the name unless given."""
    given, _, family = name.partition(".")
    facts = {
        "key": f"key-of-{name}",
        "user_name": name,
        "email": f"{name}@example.com",
        "given_name": given.title(),
        "family_name": family.title(),
        "groups": None,
    }
    return Person(**{**facts, **changes})
