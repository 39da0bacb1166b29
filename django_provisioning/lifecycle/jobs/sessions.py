"""Takes sessions out of the index that have expired or vanished, so that it shows live ones and stays small."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.db import router
from django.db.models import Exists, OuterRef, QuerySet

from ...models import SessionIndex
from ..transactions import database
from .base import Job, Report, Run

_BATCH = 500
# A session that is being opened right now may not be stored yet.
_SETTLED = timedelta(minutes=5)


def work(run: Run) -> Report:
    """Delete index rows without a session: by one query on the database engines, in batches on the others."""
    report = Report()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    settled = SessionIndex.objects.filter(created_at__lt=run.now - _SETTLED)
    if hasattr(store, "get_model_class") and _is_beside_the_index(store):
        live = store.get_model_class().objects.filter(
            session_key=OuterRef("session_key"), expire_date__gt=run.now
        )
        report.add("sessions_forgotten", settled.filter(~Exists(live)).delete()[0])
        return report
    known = _known_to_cache if hasattr(store, "cache_key_prefix") else _known_to_store
    for batch in _batches(settled):
        alive = known(store, [row.session_key for row in batch])
        if alive is None:
            report.add("sessions_not_judged", settled.count())
            break
        gone = [row.pk for row in batch if row.session_key not in alive]
        report.add("sessions_forgotten", SessionIndex.objects.filter(pk__in=gone).delete()[0])
    return report


def _is_beside_the_index(store: Any) -> bool:
    """Whether sessions and index are in one database, so that one query can compare them."""
    return bool(router.db_for_read(store.get_model_class()) == database())


def _batches(rows: QuerySet[SessionIndex]) -> Iterator[list[SessionIndex]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        yield batch


def _known_to_cache(store: Any, keys: list[str]) -> set[str] | None:
    """Give the keys that the cache holds; None where it is another process's memory, or does not answer.

    A cache client may hide that its server is down, and say of every key that it is not there.
    """
    cache = store()._cache  # noqa: SLF001 (the engine has no public one)
    if isinstance(cache, LocMemCache | DummyCache):
        return None
    canary = f"provisioning.canary.{uuid.uuid4().hex}"
    cache.set(canary, 1, 30)
    prefix = store.cache_key_prefix
    found = cache.get_many([canary, *(prefix + key for key in keys)])
    if canary not in found:
        return None
    return {key for key in keys if prefix + key in found}


def _known_to_store(store: Any, keys: list[str]) -> set[str]:
    """Ask an engine of files, or of the project's own, for each key."""
    return {key for key in keys if store().exists(key)}


JOB = Job("sessions", "Forgets sessions that have expired or vanished.", work)
