"""Handlers: one per resource type, six verbs each, between the protocol and the lifecycle.

``RESOURCE_TYPES`` in the settings adds further ones by dotted path.
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
    return _handlers(tuple(settings.RESOURCE_TYPES))


@lru_cache(maxsize=8)
def _handlers(paths: tuple[str, ...]) -> tuple[ResourceHandler, ...]:
    return (UserHandler(), GroupHandler(), *(import_string(path)() for path in paths))


def handler_for(endpoint: str) -> ResourceHandler:
    """Give the handler of ``/Users``; the endpoint is compared with its case (RFC 3986).

    Raises:
        NotFound: no resource type has this endpoint.
    """
    for handler in handlers():
        if handler.resource_type.endpoint == "/" + endpoint.lstrip("/"):
            return handler
    raise NotFound(f"There is no endpoint {endpoint[:100]!r}.")
