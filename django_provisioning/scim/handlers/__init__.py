"""Handlers: one per resource type, six verbs each, between the protocol and the lifecycle.

``RESOURCE_TYPES`` in the settings adds further ones by dotted path, ``HANDLERS`` puts others in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.utils.module_loading import import_string

from ...conf import settings
from ...protocol.errors import NotFound
from .base import ResourceHandler
from .groups import GroupHandler
from .users import UserHandler

__all__ = ["GroupHandler", "ResourceHandler", "UserHandler", "handler_for", "handlers"]


def handlers() -> Sequence[ResourceHandler]:
    """Give every handler, users first."""
    chosen = settings.HANDLERS
    return _handlers((chosen.get("User"), chosen.get("Group")), tuple(settings.RESOURCE_TYPES))


@lru_cache(maxsize=8)
def _handlers(chosen: tuple[str | None, str | None], further: tuple[str, ...]) -> tuple[ResourceHandler, ...]:
    users, groups = chosen
    return (
        import_string(users)() if users else UserHandler(),
        import_string(groups)() if groups else GroupHandler(),
        *(import_string(path)() for path in further),
    )


def handler_for(endpoint: str) -> ResourceHandler:
    """Give the handler of ``/Users``; the endpoint is compared with its case (RFC 3986).

    Raises:
        NotFound: no resource type has this endpoint.
    """
    for handler in handlers():
        if handler.resource_type.endpoint == "/" + endpoint.lstrip("/"):
            return handler
    raise NotFound(f"There is no endpoint {endpoint[:100]!r}.")
