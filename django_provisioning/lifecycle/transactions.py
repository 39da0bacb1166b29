"""One transaction per unit of work, repeated when the database chose it as the victim of a deadlock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections, router, transaction
from django.db.models import Model, QuerySet

from ..exceptions import TransientDatabaseError
from ..models import Identity

T = TypeVar("T")
_own_write: ContextVar[bool] = ContextVar("provisioning_own_write", default=False)
ATTEMPTS = 4
# After these the database, or the transaction around, takes no further statement.
GONE = (InterfaceError, OperationalError, transaction.TransactionManagementError)
# Longest pause after the first failed attempt, doubled after each further one.
_PAUSE_SECONDS = 0.05


def database() -> str:
    """Name the database alias that provisioning writes to."""
    return router.db_for_write(Identity)


def run(work: Callable[[], T]) -> T:
    """Run ``work`` in a transaction and give its result; all of it is kept or none.

    A deadlock, lock time-out or lost connection rolls back and repeats the whole of it, so ``work`` must read what
    it decides on inside. Inside an open transaction it only adds a savepoint and does not repeat.

    Raises:
        TransientDatabaseError: it did not go through in four attempts.
    """
    alias = database()
    nested = connections[alias].in_atomic_block
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(using=alias):
                return work()
        except (OperationalError, InterfaceError) as error:
            if nested:
                raise
            if attempt == ATTEMPTS:
                raise TransientDatabaseError("The database is busy. Repeat the request.") from error
            if isinstance(error, InterfaceError):
                connections[alias].close()
            _pause(attempt)
    raise AssertionError("unreachable")


def _pause(attempt: int) -> None:
    """Wait a random moment: victims of one deadlock that start again together fall into the next one."""
    time.sleep(random.uniform(0, _PAUSE_SECONDS * 2 ** (attempt - 1)))  # noqa: S311 - no secret


def lock(queryset: QuerySet[Any], *tables: str) -> QuerySet[Any]:
    """Add ``SELECT … FOR UPDATE`` on the named relations ("self", "user"), or on all where SQL has no ``OF``."""
    if connections[queryset.db].features.has_select_for_update_of:
        return queryset.select_for_update(of=tables)
    return queryset.select_for_update()


def savepoint() -> Any:
    """Open a savepoint: an IntegrityError inside leaves the outer transaction usable."""
    return transaction.atomic(using=database())


def update_fields(instance: Model, **values: Any) -> None:
    """Set the values and write only these columns: a full-row save would undo concurrent changes."""
    for name, value in values.items():
        setattr(instance, name, value)
    if values:
        with own_writes():
            instance.save(update_fields=list(values))


@contextmanager
def own_writes() -> Iterator[None]:
    """Mark what is saved inside as ours: code of the project that ``lifecycle`` calls, and whose result it reads."""
    token = _own_write.set(True)
    try:
        yield
    finally:
        _own_write.reset(token)


def is_own_write() -> bool:
    """Whether the row that a model signal speaks of is being written by ``lifecycle`` itself."""
    return _own_write.get()


def on_commit(callback: Callable[[], Any]) -> None:
    """Call back once the transaction is durable; errors of the callback are logged, never raised."""

    def call() -> None:
        callback()  # Django's log asks for a name, which a partial has not.

    transaction.on_commit(call, using=database(), robust=True)
