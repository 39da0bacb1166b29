"""Claims of a login to a document and to changes: which claim fills which SCIM attribute, and when it may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ..conf import settings
from ..exceptions import ValueRefused
from ..protocol.errors import ScimError
from ..protocol.validation import read_resource
from .fields import key_text
from .resource_types import user_type
from .users import UserChanges, changes_of, emptied, value_at, with_value

Protocol = Literal["saml", "oidc"]
Sync = Literal["never", "empty_only", "always"]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Attribute path to the names of the claims that may fill it, first hit wins: OIDC Core §5.1, the friendly names
# that SAML libraries make of LDAP attributes, then the URIs of Entra ID and AD FS.
_SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT = "http://schemas.microsoft.com/"
USUAL_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "userName": ("preferred_username", "uid", "upn", _SOAP + "upn", _SOAP + "name", "email", "mail"),
    "name.givenName": ("given_name", "givenName", _SOAP + "givenname"),
    "name.familyName": ("family_name", "sn", "surname", _SOAP + "surname"),
    "displayName": ("name", "displayName", "cn", _MICROSOFT + "identity/claims/displayname"),
    "emails": ("email", "mail", "emailAddress", _SOAP + "emailaddress"),
}
USUAL_GROUP_CLAIMS = ("groups", "memberOf", "isMemberOf", _MICROSOFT + "ws/2008/06/identity/claims/groups")


@dataclass(frozen=True, slots=True)
class LoginClaims:
    """What a verified assertion or token says of the person who logs in.

    ``issuer`` is the SAML entity id or the ``iss`` of the token and, with ``client_id`` (OIDC), finds the connection.
    ``subject`` is the NameID or ``sub``. ``email_verified`` is what the IdP says, None where it says nothing.
    ``claims`` maps claim names to a value or a list of values. ``repr`` shows no personal data.
    """

    protocol: Protocol
    issuer: str
    subject: str
    client_id: str = ""
    subject_format: str = ""
    session_index: str | None = None
    session_expires_at: datetime | None = None
    email_verified: bool | None = field(default=None, repr=False)
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def values(self, name: str) -> list[str]:
        """Give the values of a claim as texts, without empty ones."""
        value = self.claims.get(name)
        values = value if isinstance(value, list | tuple | set | frozenset) else [value]
        return [str(one) for one in values if one not in (None, "")]

    def first(self, names: Iterable[str]) -> str | None:
        """Give the first value of the first of these claims that has one."""
        return next((value for name in names for value in self.values(name)), None)

    @property
    def user_name(self) -> str:
        """The login name that the IdP asserts, the subject if it asserts none."""
        return self.first(claim_names()["userName"]) or self.subject

    @property
    def email(self) -> str | None:
        """The e-mail address that the IdP asserts."""
        return self.first(claim_names()["emails"])

    @property
    def groups(self) -> list[str]:
        """The names of the groups that the IdP asserts, each once."""
        found = (value for name in settings.GROUP_CLAIMS or USUAL_GROUP_CLAIMS for value in self.values(name))
        return list(dict.fromkeys(found))

    @property
    def asserts_groups(self) -> bool:
        """Whether the IdP speaks of groups at all; silence must not empty them."""
        return any(name in self.claims for name in settings.GROUP_CLAIMS or USUAL_GROUP_CLAIMS)


@dataclass(frozen=True, slots=True)
class AttributeDecision:
    """What a sync rule makes of one asserted attribute; ``old`` is None where the account has no value."""

    path: str
    old: Any
    asserted: str
    rule: Sync

    @property
    def is_let_in(self) -> bool:
        """Whether the asserted value is taken over."""
        return self.rule == "always" or (self.rule == "empty_only" and self.old is None)

    @property
    def reason(self) -> str:
        """Say why the value is or is not taken over."""
        if not self.is_let_in:
            return f"{self.path} stays: its sync rule is {self.rule}."
        return f"{self.path} {'is the same' if self.old == self.asserted else 'follows the claim'}."

    def facts(self) -> dict[str, Any]:
        """Give attribute, old and new value, and rule."""
        new = self.asserted if self.is_let_in else self.old
        return {"attribute": self.path, "old": self.old, "new": new, "rule": self.rule}


def claim_names() -> Mapping[str, tuple[str, ...]]:
    """Give the attribute paths and the claims that fill them, the project's over the usual ones."""
    return {**USUAL_CLAIMS, **{path: tuple(names) for path, names in settings.CLAIMS.items()}}


def login_paths() -> list[str]:
    """Give the attributes that a login can fill, in the order of the claims; userName is never one of them."""
    return [path for path in claim_names() if path != "userName"]


def sync_rule(sync: Mapping[str, Sync], path: str) -> Sync:
    """Give the rule that counts for an attribute.

    >>> sync_rule({"default": "never", "emails": "empty_only"}, "emails"), sync_rule({}, "emails")
    ('empty_only', 'always')
    """
    return sync.get(path, sync.get("default", "always"))


def new_account(claims: LoginClaims) -> UserChanges:
    """Translate the claims of somebody new.

    Raises:
        ScimError: a claim has a value that its attribute cannot have.
        ValueRefused: a mapped field or a key column cannot hold the value.
    """
    _require_storable(claims)
    document: dict[str, Any] = {"userName": claims.user_name, "active": True}
    for path, value in _asserted(claims):
        document = with_value(document, path, value)
    return _checked(document)


def refreshed(claims: LoginClaims, document: Mapping[str, Any], sync: Mapping[str, Sync]) -> UserChanges:
    """Translate the claims of somebody known: the present document with what the sync rules let in.

    ``sync`` maps attribute paths, and "default", to never, empty_only or always. A claim that the IdP does not send
    leaves its attribute alone. userName and active are never touched by a login.

    Raises:
        ScimError, ValueRefused: as in ``new_account``.
    """
    result = emptied(document)
    for decision in decisions(claims, document, sync):
        if decision.is_let_in:
            result = with_value(result, decision.path, decision.asserted)
    return _checked(result)


def decisions(
    claims: LoginClaims, document: Mapping[str, Any], sync: Mapping[str, Sync]
) -> Iterator[AttributeDecision]:
    """Yield, for each attribute that the claims speak of, what the sync rules make of it."""
    present = emptied(document)
    for path, value in _asserted(claims):
        yield AttributeDecision(path, value_at(present, path), value, sync_rule(sync, path))


def storable(text: str) -> str:
    """Give the text with what no database can hold replaced: NUL, and halves of surrogate pairs.

    >>> storable("a" + chr(0) + "b") == "a" + chr(0xFFFD) + "b"
    True
    """
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _require_storable(claims: LoginClaims) -> None:
    key_text(claims.subject, "subject")
    values = (value for _, value in _asserted(claims))
    for text in (claims.subject, claims.session_index or "", claims.user_name, *claims.groups, *values):
        if _UNSTORABLE.search(text):
            raise ValueRefused(
                "A claim holds a NUL or half of a surrogate pair, which no database can store."
            )


def _asserted(claims: LoginClaims) -> Iterable[tuple[str, str]]:
    for path, names in claim_names().items():
        value = claims.first(names)
        if path != "userName" and value is not None:
            yield path, value


def _checked(document: dict[str, Any]) -> UserChanges:
    try:
        return changes_of(read_resource(document, user_type()).document)
    except ScimError as error:
        raise type(error)(f"The claims of the IdP do not fit: {error.detail}") from error
