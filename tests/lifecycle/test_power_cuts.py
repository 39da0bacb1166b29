"""Power cuts: whichever statement is the last one, the state is the old or the new one and the trail agrees.

After the commit only the leave's own row is behind: it stays OPEN, and the next completion closes it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client

from django_provisioning.lifecycle import groups, leave, leaves, memberships, transactions
from django_provisioning.models import (
    Account,
    AttributeValue,
    Connection,
    Event,
    GroupLink,
    Identity,
    Leave,
    PendingRevocation,
    SessionIndex,
)
from django_provisioning.models.membership import group_model, membership_table
from tests.factories import make_connection, make_context
from tests.lifecycle.people import group_changes, on_locked, push, push_group, push_move

pytestmark = pytest.mark.django_db(transaction=True)


class PowerCut(BaseException):
    """Nothing catches this: the process is gone."""


@contextmanager
def cut_at(number: int, error: BaseException) -> Iterator[list[str]]:
    """Raise at the given statement; the list holds the statements that were sent before it."""
    sent: list[str] = []
    counter = itertools.count(1)

    def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.startswith("ROLLBACK") and next(counter) == number:
            raise error
        sent.append(sql)
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield sent


def state() -> dict[str, Any]:
    """Read everything that a verb may write, without times."""
    table = membership_table()
    leaving_out = {"created_at", "updated_at", "last_synced_at", "deleted_at", "access_valid_after", "occurred_at",
                   "uid", "password", "last_login", "date_joined", "event_uid", "received_at", "deactivated_at",
                   "closed_at"}  # fmt: skip
    models: list[Any] = [
        get_user_model(), Account, Identity, AttributeValue, group_model(), GroupLink, table.through, SessionIndex,
        Session, PendingRevocation, Leave,
    ]  # fmt: skip
    rows = {
        model.__name__: [
            {name: value for name, value in row.items() if name not in leaving_out}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in models
    }
    passwords = list(get_user_model()._default_manager.order_by("pk").values_list("password", flat=True))
    return {**rows, "passwords": passwords}


def trail() -> list[str]:
    """Give the types of all events."""
    return list(Event.objects.order_by("id").values_list("type", flat=True))


class Scene:
    """A connection with somebody in a group and a session, and the verbs that are cut."""

    def __init__(self) -> None:
        self.connection: Connection = make_connection()
        self.ada = push(self.connection, "ada", title="Countess", externalId="x-1").identity
        self.bob = push(self.connection, "bob").identity
        self.engine = push_group(self.connection, "engine", self.ada)
        Client().force_login(self.ada.user)

    def create(self) -> None:
        """POST a user."""
        push(self.connection, "eve", title="Spy", emails=[{"value": "eve@example.com"}])

    def patch(self) -> None:
        """Change names and attributes."""
        push_move(self.ada, "ada.king", nickName="A", name={"givenName": "Ada"})

    def leave(self) -> None:
        """Deactivate."""
        push_move(self.ada, "ada", active=False)

    def delete(self) -> None:
        """DELETE a user."""
        on_locked(self.ada, leave.delete)

    def patch_group(self) -> None:
        """Rename a group and change its members in one request."""
        context = make_context(self.connection)

        def work() -> None:
            link = groups.locked(context, self.engine.scim_id)
            delta = memberships.add(link, [self.bob.scim_id])
            delta.merge(memberships.remove(link, [self.ada.scim_id]))
            groups.update(context, link, group_changes("motor"), delta)

        transactions.run(work)

    def delete_group(self) -> None:
        """DELETE a group."""
        context = make_context(self.connection)
        transactions.run(lambda: groups.delete(context, groups.locked(context, self.engine.scim_id)))


VERBS = ["create", "patch", "leave", "delete", "patch_group", "delete_group"]
MOST_STATEMENTS = 80
# Each deadlock needs a scene of its own, so not every statement gets one.
STRIDE = 3


@pytest.mark.parametrize("verb", VERBS)
def test_cut_at_any_statement_leaves_the_old_state_or_the_new_one(verb: str) -> None:
    """The process dies between two statements: before the commit nothing is kept, after it nothing is missing."""
    scene = Scene()
    before, events_before = state(), trail()
    cuts_after_the_commit = 0

    for number in range(1, MOST_STATEMENTS):
        try:
            with cut_at(number, PowerCut()):
                getattr(scene, verb)()
        except PowerCut:
            if state() != before:
                cuts_after_the_commit += 1
                _require_a_whole_leave_that_is_open(len(events_before))
                _clear()
                scene = Scene()
                before, events_before = state(), trail()
                continue
            assert trail() == events_before, f"statement {number}"
        else:
            if PendingRevocation.objects.exists():
                pytest.fail(f"statement {number} was swallowed by a revoker")
            break

    assert number > 5, "the verb sends more statements than this"
    assert cuts_after_the_commit == (1 if verb in ("leave", "delete") else 0)
    assert state() != before
    assert len(trail()) > len(events_before)
    assert not Leave.objects.filter(closed_at=None).exists()


def _require_a_whole_leave_that_is_open(events_before: int) -> None:
    """Hold the state after the commit against what a leave promises, and let the next completion close it."""
    assert len(trail()) == events_before + 1
    left = Leave.objects.get()
    assert left.user is not None
    assert (left.closed_at, left.user.is_active) == (None, False)
    assert not Session.objects.exists()
    assert leaves.close_finished(left.user) == 1
    assert leaves.close_finished(left.user) == 0
    assert Leave.objects.get().closed_at is not None


@pytest.mark.parametrize("verb", VERBS)
def test_deadlock_at_a_statement_ends_in_the_new_state_once(verb: str) -> None:
    """The database picks the transaction as a victim: it is repeated, and the trail tells it once."""
    for number in itertools.count(1, STRIDE):
        scene = Scene()
        before, events_before = state(), trail()
        with cut_at(number, OperationalError("deadlock detected")) as sent:
            getattr(scene, verb)()

        assert state() != before, f"statement {number}"
        told = [type_ for type_ in trail()[len(events_before) :] if type_ != "access.revocation_failed"]
        assert len(told) == 1, f"statement {number}: {told}"
        if len(sent) < number:
            break
        _clear()


def _clear() -> None:
    """Throw the scene away."""
    get_user_model()._default_manager.all().delete()
    group_model()._base_manager.all().delete()
    Session.objects.all().delete()
    Event._base_manager.all()._raw_delete("default")
    Connection.objects.all().delete()
    Leave.objects.all().delete()
