"""Rows of the project's user model that somebody else saves whole, as a page of the admin does.

``save()`` writes every column with what was loaded a moment ago. A leave that commits in between would be undone by
it: the person active again, and the session hash of before back, which opens every old session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import QuerySet

from .transactions import lock, run

T = TypeVar("T")


def alone_with(key: Any, work: Callable[[], T]) -> T:
    """Do ``work``, which reads and saves the user of a key, while nobody else writes that row [1 query more]."""

    def locked() -> T:
        _row(key).values_list("pk").first()
        return work()

    return run(locked)


def loaded_values(user: Any) -> dict[str, Any]:
    """Give the values of a user's own columns as they were loaded."""
    deferred = user.get_deferred_fields() | {user._meta.pk.attname}
    names = [field.attname for field in user._meta.concrete_fields if field.attname not in deferred]
    return {name: deepcopy(getattr(user, name)) for name in names}


def take_in_changes(user: Any, loaded: Mapping[str, Any]) -> None:
    """Set what others have written since, but for what was changed here, and lock the row until the end [1 query].

    Outside of a transaction there is nothing to hold a lock, and the row is only read.
    """
    stored = _row(user.pk).values(*loaded).first() or {}
    for name, value in stored.items():
        if value != loaded[name] and getattr(user, name) == loaded[name]:
            setattr(user, name, value)


def _row(key: Any) -> QuerySet[Any]:
    model: Any = get_user_model()
    rows: QuerySet[Any] = model._base_manager.using(router.db_for_write(model)).filter(pk=key)
    return lock(rows, "self") if connections[rows.db].in_atomic_block else rows
