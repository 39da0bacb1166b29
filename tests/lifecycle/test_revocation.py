"""Revokers: each runs, none can undo a leave, and what failed stays visible."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import OperationalError, connection

from django_provisioning.lifecycle import leave
from django_provisioning.lifecycle.link import link
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Connection, Event, PendingRevocation
from tests.factories import make_connection, make_context
from tests.lifecycle.people import events, fresh, on_locked, push, push_move, user_changes

pytestmark = pytest.mark.django_db


class BrokenRevoker(Revoker):
    """Cannot reach what it revokes."""

    kind = "badges"
    database_only = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Fail, with a secret in the message."""
        raise ConnectionError("https://secret-token@badges.example.com does not answer")


class ClumsyRevoker(Revoker):
    """Breaks a constraint of the database on its way."""

    kind = "keys"
    database_only = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Insert two rows of one name."""
        Group.objects.bulk_create([Group(name="twice"), Group(name="twice")])
        return 0


class CountingRevoker(Revoker):
    """Remembers what it was asked to do."""

    kind = "tokens"
    database_only = True
    asked: ClassVar[list[tuple[Any, Any]]] = []

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Note the question."""
        self.asked.append((user.pk, connection))
        return 3


class AbsentRevoker(CountingRevoker):
    """Belongs to a package that is not installed."""

    kind = "absent"

    def is_installed(self) -> bool:
        """Say no."""
        return False


@pytest.fixture
def revokers(settings: Any) -> Any:
    """Sets the project's revokers by class."""

    def use(*classes: type[Revoker]) -> None:
        settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.{one.__name__}" for one in classes]}

    CountingRevoker.asked.clear()
    return use


@pytest.mark.parametrize("broken", [BrokenRevoker, ClumsyRevoker])
def test_revoker_that_raises_leaves_the_account_inactive_and_open(
    revokers: Any, broken: type[Revoker]
) -> None:
    """The leave stands, the others ran, the failure has a row and an event, and no secret text is kept."""
    revokers(broken, CountingRevoker)
    identity = push(make_connection(), "ada").identity

    push_move(identity, "ada", active=False)

    pending = PendingRevocation.objects.get()
    failure, left = events("access.revocation_failed", "account.deactivated")
    assert not fresh(identity.user).is_active
    assert (pending.user_id, pending.revoker, pending.attempts) == (identity.user_id, broken.kind, 1)
    assert pending.last_error in ("ConnectionError", "IntegrityError")
    assert (failure.outcome, failure.reason) == (Event.Outcome.FAILURE, broken.kind)
    assert (left.effects["open"], left.effects["tokens"]) == ([broken.kind], 3)
    assert "secret" not in str(list(Event.objects.values()))


def test_revoker_that_fails_twice_has_one_row(revokers: Any) -> None:
    """The row says that something is open, not how often it was tried from here."""
    revokers(BrokenRevoker)
    identity = push(make_connection(), "ada").identity

    push_move(identity, "ada", active=False)
    push_move(identity, "ada", active=True)
    push_move(identity, "ada", active=False)

    assert PendingRevocation.objects.count() == 1


def test_revoker_gets_the_connection_only_when_it_must_spare_others(revokers: Any) -> None:
    """With another tenant's identity the revoker is limited; the last leave is not."""
    revokers(CountingRevoker, AbsentRevoker)
    one, other = make_connection(), make_connection()
    identity = push(one, "ada").identity
    second = link(make_context(other), identity.user, user_changes("ada")).identity

    push_move(identity, "ada", active=False)
    on_locked(second, leave.delete)

    assert CountingRevoker.asked == [(identity.user_id, one), (identity.user_id, None)]


@pytest.mark.django_db(transaction=True)
def test_revoker_met_by_a_deadlock_lets_the_whole_leave_be_repeated(
    revokers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MariaDB throws the whole transaction away at a deadlock: swallowing that would commit half a leave."""
    revokers(CountingRevoker)
    identity = push(make_connection(), "ada").identity
    deadlocks = [OperationalError("Deadlock found when trying to get lock")]

    def once_deadlocked(*_: Any) -> int:
        if deadlocks:
            raise deadlocks.pop()
        return 1

    def without_savepoints(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("ROLLBACK TO SAVEPOINT"):
            raise OperationalError("SAVEPOINT does not exist")
        return execute(sql, *rest)

    monkeypatch.setattr(CountingRevoker, "revoke", once_deadlocked)

    with connection.execute_wrapper(without_savepoints):
        push_move(identity, "ada", active=False)

    assert not get_user_model().objects.get().is_active
    assert len(events("account.deactivated")) == 1
    assert events("account.deactivated")[0].effects["tokens"] == 1
    assert not PendingRevocation.objects.exists()
