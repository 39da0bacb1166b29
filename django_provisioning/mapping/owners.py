"""Owners: whose word an attribute of an account is, that of a directory, of each login, or of this application.

The one answer for everybody who asks: the form of a user (what is read-only), the page of an account (who decides
what), the words about a connection's sync rules, and drift. Ownership follows what was said, not what could have been
said: an attribute that an identity provider never sent is ours, so that somebody can still fill it.

Two limits. A PUT clears what it leaves out (RFC 7644 §3.5.1), what was filled here included. And the row of a login
holds beside the claims what the account had when it was linked or refreshed, so a value of ours may count as said
there; the rule "never" or "empty_only" gives such an attribute back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ..models import Connection, Identity
from .claims import Sync, login_paths, sync_rule
from .reach import is_protected
from .users import value_at

Way = Literal["scim", "login"]


@dataclass(frozen=True, slots=True)
class Say:
    """What a connection does to one attribute of a person, by a push or by each login.

    ``rule`` is that of the login; a push always wins. ``is_said`` tells whether there is a value of the identity
    provider at all.
    """

    connection: Connection
    way: Way
    rule: Sync
    is_said: bool

    @property
    def decides(self) -> bool:
        """Whether an edit here would not last."""
        return self.is_said and self.rule == "always"


def takes_logins(connection: Connection) -> bool:
    """Whether the connection names an issuer."""
    return bool(connection.saml_entity_id or connection.oidc_issuer)


def reaching(user: Any, identities: Iterable[Identity]) -> list[Identity]:
    """Give the identities whose connections can change the user at all, the directories' first.

    A disabled connection takes neither a push nor a login, and whoever is protected is out of its reach. [1 query
    where the account is not loaded]
    """
    found = [
        one
        for one in identities
        if one.live and one.connection.enabled and not is_protected(user, one.connection)
    ]
    return sorted(found, key=lambda one: not one.scim_managed)


def say_of(identity: Identity, path: str) -> Say | None:
    """Give the say that the connection of a reaching identity has in an attribute; None where it has none.

    Where SCIM manages the identity, a login of the same connection changes nothing. No query.
    """
    connection, is_said = identity.connection, pushed_at(identity, path) is not None
    if identity.scim_managed:
        return Say(connection, "scim", "always", is_said)
    if not takes_logins(connection) or path not in login_paths():
        return None
    # Linked by hand, and not used yet: what the row holds is no login's word.
    is_said = is_said and identity.subject is not None
    return Say(connection, "login", sync_rule(connection.attribute_sync, path), is_said)


def pushed_at(identity: Identity, path: str) -> Any:
    """Give what the identity provider said at a mapped path, None where it said nothing; no query.

    A project may map what the identity keeps in columns of its own, such as externalId to the number of an employee.
    """
    columns = {
        "userName": identity.user_name,
        "externalId": identity.external_id,
        "active": identity.active,
    }
    return columns[path] if path in columns else value_at(identity.attributes, path)
