"""Rehearsal: the real code runs, tells what it decides and why, and everything is rolled back.

An explanation cannot drift from what really happens, because it is what really happens. In a rehearsal nothing is
committed, so no signal that waits for the commit is ever sent; what lies outside of the database (caches, session
files, revokers that do not declare ``database_only``) is left alone.

Receivers that may refuse (``sso_login``, ``jit_pre_create``, ``jit_pre_update``), the ``ADMISSION_POLICY`` and Django's
own model signals do run, because they have a say in what happens. What they write to the database is undone; one
that acts outside of it asks ``is_rehearsal()`` first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import router, transaction

from ..models import Event
from ..models.membership import group_model
from .transactions import database

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was found or decided: ``about`` is a stable word, ``finding`` a sentence, ``facts`` its data."""

    about: str
    finding: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal(Generic[T]):
    """What the work gave, the steps in their order, and the events that it would have left behind."""

    result: T
    steps: list[Step]

    @property
    def events(self) -> list[Event]:
        """The events, oldest first; none of them is stored."""
        return [step.event for step in self.steps if step.event is not None]


_steps: ContextVar[list[Step] | None] = ContextVar("provisioning_rehearsal", default=None)


def is_rehearsal() -> bool:
    """Whether the present code only rehearses: effects outside of the database must not happen."""
    return _steps.get() is not None


def note(about: str, finding: str, **facts: Any) -> None:
    """Tell a rehearsal what was found or decided; costs next to nothing otherwise."""
    steps = _steps.get()
    if steps is not None:
        steps.append(Step(about, finding, facts))


def note_event(event: Event) -> None:
    """Tell a rehearsal of an event that was written."""
    steps = _steps.get()
    if steps is not None:
        steps.append(Step("event", event.type, event=event))


def rehearse(work: Callable[[], T]) -> Rehearsal[T]:
    """Run ``work``, roll back all of it whatever it did, and give what it did.

    Rows that it reads for update stay locked until it ends. Sequences of the database move on: they never roll back.
    """
    token = _steps.set([])
    try:
        with ExitStack() as stack:
            for alias in _databases():
                stack.enter_context(transaction.atomic(using=alias))
            result = work()
            steps = _surviving(_steps.get() or [])
            for alias in _databases():
                transaction.set_rollback(True, using=alias)
    finally:
        _steps.reset(token)
    return Rehearsal(result, steps)


def _databases() -> list[str]:
    """Name every database that a login or a push may write to, each once."""
    written: list[Any] = [get_user_model(), group_model()]
    if apps.is_installed("django.contrib.sessions"):
        written.append(apps.get_model("sessions", "Session"))
    return list(dict.fromkeys([database(), *map(router.db_for_write, written)]))


def _surviving(steps: list[Step]) -> list[Step]:
    """Leave out the events of what was rolled back in between: a lost race, a refused request."""
    # By uid: a primary key is given out again once its row is rolled back.
    written = [step.event.uid for step in steps if step.event is not None]
    kept = set(Event.objects.filter(uid__in=written).values_list("uid", flat=True))
    return [step for step in steps if step.event is None or step.event.uid in kept]
