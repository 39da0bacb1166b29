"""Who acts, when, on behalf of which connection: handed to every lifecycle verb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from ..models import Connection, ConnectionToken


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a write. ``type`` is never empty; the database checks it for every event."""

    type: str
    id: str = ""
    label: str = ""

    @classmethod
    def scim(cls, token: ConnectionToken) -> Actor:
        """A directory, through one of its bearer tokens."""
        return cls("scim", token.key_id, token.name or token.key_id)

    @classmethod
    def login(cls, protocol: str, issuer: str) -> Actor:
        """An identity provider, through a verified login."""
        return cls("sso_login", issuer[:255], protocol)

    @classmethod
    def admin(cls, user: Any) -> Actor:
        """A person in the Django admin."""
        return cls("admin", str(user.pk), str(user)[:255])

    @classmethod
    def command(cls, name: str) -> Actor:
        """A management command."""
        return cls("command", name, name)

    @classmethod
    def policy(cls, name: str) -> Actor:
        """A rule of a connection that ``provisioning_run`` carries out."""
        return cls("policy", name, name)

    @classmethod
    def application(cls) -> Actor:
        """The project's own code, seen through a model signal."""
        return cls("application", "", "project code")


@dataclass(frozen=True, slots=True)
class Context:
    """One request, command or click. ``now`` is aware and is the time of everything written under it.

    ``via`` is a ``Leave.Path`` where the actor's type alone does not say which way a removal came.
    """

    actor: Actor
    now: datetime
    connection: Connection | None = None
    correlation_id: str = ""
    batch_id: str = ""
    ip: str | None = None
    via: str = ""

    @classmethod
    def of(cls, actor: Actor, connection: Connection | None = None, **facts: Any) -> Context:
        """Build a context for this moment."""
        return cls(actor, timezone.now(), connection, **facts)

    @property
    def required_connection(self) -> Connection:
        """The connection, where a verb makes no sense without one."""
        if self.connection is None:
            raise TypeError("This lifecycle verb needs a context with a connection.")
        return self.connection
