"""What the project's own code does to the user row, past this app."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth import get_user_model

from ...lifecycle import out_of_band, transactions
from ...models import Leave
from ..stage import Person, Stage
from .base import Way


class _Save(Way):
    """``user.is_active = False; user.save()``: a model signal tells of it."""

    name = "application save"

    def leave(self, stage: Stage, person: Person) -> None:
        user = person.user
        user.is_active = False
        user.save()

    def rejoin(self, stage: Stage, person: Person) -> None:
        user = person.user
        user.is_active = True
        user.save()


class _Update(Way):
    """``QuerySet.update(is_active=False)``: nothing tells of it until the sweep finds it."""

    name = "application update"

    def leave(self, stage: Stage, person: Person) -> None:
        _update(person, is_active=False)
        _sweep(stage, person)

    def rejoin(self, stage: Stage, person: Person) -> None:
        _update(person, is_active=True)
        _sweep(stage, person)


class _Unswept(_Update):
    """The same before the sweep: what the project's backends, classes and the guard refuse by themselves."""

    name = "application update, unswept"

    def leave(self, stage: Stage, person: Person) -> None:
        _update(person, is_active=False)

    def rejoin(self, stage: Stage, person: Person) -> None:
        """Let the sweep find the leave first, then return."""
        _sweep(stage, person)
        super().rejoin(stage, person)


def _update(person: Person, *, is_active: bool) -> None:
    get_user_model()._base_manager.filter(pk=person.pk).update(is_active=is_active)


def _sweep(stage: Stage, person: Person) -> None:
    """Do what the sweep does when it finds the person; the other accounts are left to the scheduled run."""
    context = stage.context(scoped=False, via=Leave.Path.OUT_OF_BAND)
    transactions.run(lambda: out_of_band.follow(context, person.user))


WAYS: Sequence[Way] = (_Save(), _Update())
# Not part of the promise: a leave that nobody has told of yet is found by the sweep.
UNSWEPT = _Unswept()
