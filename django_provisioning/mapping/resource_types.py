"""The User and Group types with the extensions that the project declared."""

from __future__ import annotations

from functools import lru_cache

from django.utils.module_loading import import_string

from ..conf import settings
from ..protocol.core_schemas import GROUP, USER
from ..protocol.schema import Extension, ResourceType


def user_type() -> ResourceType:
    """Give the User resource type."""
    return _extended(USER, tuple(settings.EXTENSIONS.get("User", ())))


def group_type() -> ResourceType:
    """Give the Group resource type."""
    return _extended(GROUP, tuple(settings.EXTENSIONS.get("Group", ())))


@lru_cache(maxsize=16)
def _extended(base: ResourceType, paths: tuple[str, ...]) -> ResourceType:
    if not paths:
        return base
    added = tuple(Extension(import_string(path)) for path in paths)
    return ResourceType(base.name, base.endpoint, base.description, base.schema, base.extensions + added)
