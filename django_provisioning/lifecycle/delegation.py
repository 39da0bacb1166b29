"""Writes that the project's own code does for ``lifecycle``: an adapter of another package that saves a user or group.

The caller holds the lock and decides on access; what the adapter saves is marked as ours, so that no model signal
takes it for a change behind our back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..models import Connection, Identity
from ..protocol.schema import ResourceType
from . import attribute_values
from .transactions import own_writes, savepoint, update_fields

T = TypeVar("T")


def delegated(work: Callable[[], T]) -> T:
    """Let the project's code write; all of it is undone if it raises."""
    with savepoint(), own_writes():
        return work()


def keep_active(user: Any, *, is_active: bool) -> bool:
    """Give what the project's code made of ``is_active`` and put it back: a leave or a rejoin has to do that."""
    wanted = bool(user.is_active)
    if wanted != is_active:
        update_fields(user, is_active=is_active)
    return wanted


def is_free(connection: Connection, scim_id: str) -> bool:
    """Whether no identity of the connection has the id, or ever had it [1 query]."""
    return not Identity.objects.filter(connection=connection, scim_id=scim_id).exists()


def index_more(
    identity: Identity, old: Mapping[str, Any], new: Mapping[str, Any], resource_type: ResourceType
) -> None:
    """Make attributes searchable that the declared schemas do not know [0-2 queries]."""
    if old or new:
        attribute_values.store(identity, old, new, resource_type)
