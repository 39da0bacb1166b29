"""Power cuts: whichever statement is the last one, the state is the old or the new one and the trail agrees."""

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

from django_provisioning.lifecycle import groups, leave, memberships, transactions
from django_provisioning.models import (
    Account,
    AttributeValue,
    Connection,
    Event,
    GroupLink,
    Identity,
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
                   "uid", "password", "last_login", "date_joined"}  # fmt: skip
    models: list[Any] = [
        get_user_model(), Account, Identity, AttributeValue, group_model(), GroupLink, table.through, SessionIndex,
        Session, PendingRevocation,
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
def test_cut_at_any_statement_leaves_the_old_state(verb: str) -> None:
    """The process dies between two statements: nothing of the verb is kept, neither rows nor events."""
    scene = Scene()
    before, events_before = state(), trail()

    for number in range(1, MOST_STATEMENTS):
        try:
            with cut_at(number, PowerCut()):
                getattr(scene, verb)()
        except PowerCut:
            assert state() == before, f"statement {number}"
            assert trail() == events_before, f"statement {number}"
        else:
            if PendingRevocation.objects.exists():
                pytest.fail(f"statement {number} was swallowed by a revoker")
            break

    assert number > 5, "the verb sends more statements than this"
    assert state() != before
    assert len(trail()) > len(events_before)


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
