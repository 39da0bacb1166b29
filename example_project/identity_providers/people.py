"""The fictional people of the local identity providers, and how each protocol speaks of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a directory. ``key`` never changes: it is the SAML NameID and the ``sub`` of OpenID Connect.

    ``groups`` and ``email_verified`` of None mean that the provider says nothing about them. ``more`` holds further
    claims by their names in the protocol.
    """

    key: str
    user_name: str
    email: str = ""
    given_name: str = ""
    family_name: str = ""
    groups: tuple[str, ...] | None = ()
    email_verified: bool | None = True
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name on the login page."""
        return f"{self.given_name} {self.family_name}".strip() or self.user_name

    def saml_attributes(self) -> dict[str, list[str]]:
        """Give the attributes of an assertion: the LDAP names that most providers send."""
        single = {
            "uid": self.user_name,
            "mail": self.email,
            "givenName": self.given_name,
            "sn": self.family_name,
        }
        found = {name: [value] for name, value in single.items() if value}
        if self.groups is not None:
            found["groups"] = list(self.groups)
        return {**found, **self.more}

    def oidc_claims(self) -> dict[str, Any]:
        """Give the standard claims (OpenID Connect Core §5.1) and ``groups``."""
        single = {
            "preferred_username": self.user_name,
            "email": self.email,
            "given_name": self.given_name,
            "family_name": self.family_name,
        }
        found: dict[str, Any] = {name: value for name, value in single.items() if value}
        if self.email and self.email_verified is not None:
            found["email_verified"] = self.email_verified
        if self.groups is not None:
            found["groups"] = list(self.groups)
        return {**found, **self.more}


PEOPLE = (
    Person("7f1c2a90", "ada.marsh", "ada.marsh@example.com", "Ada", "Marsh", ("Engineers",)),
    Person("3be85d14", "bo.lindgren", "bo.lindgren@example.com", "Bo", "Lindgren", ("Engineers", "Pilots")),
    Person("c04e7761", "chipo.dube", "chipo.dube@example.com", "Chipo", "Dube"),
)
