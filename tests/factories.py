"""Things that tests need, made as the product makes them: through ``lifecycle``."""

from __future__ import annotations

import itertools
from typing import Any

from django_provisioning.lifecycle import connections, tokens
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.models import Connection

_numbers = itertools.count(1)


def make_context(connection: Connection | None = None) -> Context:
    """Give the context of a test, for this moment."""
    return Context.of(Actor.command("test"), connection)


def make_connection(slug: str = "", *, idp: str = "generic", **policies: Any) -> Connection:
    """Make a connection; without a slug it gets a new one."""
    slug = slug or f"acme{next(_numbers)}"
    return connections.create(make_context(), slug=slug, name=slug.title(), idp=idp, **policies)


def make_token(connection: Connection, **facts: Any) -> str:
    """Issue a token of the connection and give its text."""
    return tokens.issue(make_context(connection), connection, **facts).raw
