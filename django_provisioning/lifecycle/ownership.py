"""Ownership: which fields and groups of a user a connection decides, so that an edit here would not last.

``mapping.owners`` says whose word an attribute is. Beside the attributes, a directory owns the login name that was made
from its userName, and a login owns the flags that privilege rules grant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from ..mapping.fields import user_map
from ..mapping.owners import Way, reaching, say_of, takes_logins
from ..models import Connection, GroupLink, Identity
from ..models.membership import group_model
from .naming import follows_user_name

_FLAGS: Mapping[str, str] = {"staff": "is_staff", "superuser": "is_superuser"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who decides a field: the directory of a connection, or each login through it."""

    connection: Connection
    way: Way


def owning(user: Any, identities: Iterable[Identity]) -> list[Identity]:
    """Give the identities by which a connection decides anything of a user, the directories' first.

    ``identities`` are those of the user, with their connections. [1 query where the account is not loaded]
    """
    return [one for one in reaching(user, identities) if one.scim_managed or one.subject is not None]


def owned_fields(user: Any, identities: Iterable[Identity]) -> dict[str, Owner]:
    """Give the names of the user's fields that a connection owns, each with its owner; SCIM comes before a login."""
    owned: dict[str, Owner] = {}
    for identity in owning(user, identities):
        identity.user = user  # Without it the login name would cost a query for each identity.
        for name, way in _fields(identity):
            owned.setdefault(name, Owner(identity.connection, way))
    return owned


def groups_decided_elsewhere(user: Any, identities: Iterable[Identity]) -> QuerySet[Any]:
    """Give the groups whose members among their own people a connection decides, for a person of such a connection."""
    connections = {identity.connection_id for identity in owning(user, identities)}
    links = GroupLink.objects.filter(connection__in=connections)
    return group_model()._default_manager.filter(pk__in=links.values("group"))


def _fields(identity: Identity) -> Iterator[tuple[str, Way]]:
    """Yield what the connection of an identity decides: the login name, attributes, flags."""
    mapping = user_map()
    if identity.scim_managed and follows_user_name(identity):
        yield mapping.login_field, "scim"
    for path, name in mapping.fields.items():
        say = say_of(identity, path)
        if say is not None and say.decides:
            yield name, say.way
    yield from ((name, "login") for name in _granted_flags(identity))


def _granted_flags(identity: Identity) -> Iterator[str]:
    connection = identity.connection
    if connection.manages_privileged and identity.subject is not None and takes_logins(connection):
        yield from (_FLAGS[grant] for grant in connection.privilege_rules.values() if grant in _FLAGS)
