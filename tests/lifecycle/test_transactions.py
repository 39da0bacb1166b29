"""Transactions: repeated when the database asks for it, and all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from django_provisioning.exceptions import TransientDatabaseError
from django_provisioning.lifecycle import transactions
from django_provisioning.models import Connection
from tests.factories import make_connection


def failing(errors: list[Exception], slug: str = "acme") -> Callable[[], str]:
    """Give work that writes, then raises the errors one per attempt, then succeeds."""

    def work() -> str:
        make_connection(slug)
        if errors:
            raise errors.pop(0)
        return "done"

    return work


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "error", [OperationalError("deadlock detected"), InterfaceError("connection closed")]
)
@pytest.mark.parametrize("times", [1, 3])
def test_run_repeats_what_the_database_refused_and_keeps_one(error: Exception, times: int) -> None:
    """Each attempt starts from nothing: the rows of the failed ones are gone."""
    result = transactions.run(failing([error] * times))

    assert result == "done"
    assert Connection.objects.filter(slug="acme").count() == 1


@pytest.mark.django_db(transaction=True)
def test_run_gives_up_after_four_attempts() -> None:
    """The caller gets an error of ours, with nothing written."""
    errors: list[Exception] = [OperationalError("lock wait timeout")] * 9

    with pytest.raises(TransientDatabaseError):
        transactions.run(failing(errors))

    assert len(errors) == 5
    assert not Connection.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [ValueError("a bug"), DatabaseError("a bug in SQL")])
def test_run_does_not_repeat_what_will_not_change(error: Exception) -> None:
    """Another error passes at once, with everything rolled back."""
    errors = [error, error]

    with pytest.raises(type(error)):
        transactions.run(failing(errors))

    assert len(errors) == 1
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_run_inside_a_transaction_does_not_repeat() -> None:
    """A savepoint cannot be repeated after a deadlock: the outermost call has to."""
    errors: list[Exception] = [OperationalError("deadlock detected")] * 2

    with pytest.raises(OperationalError), transaction.atomic():
        transactions.run(failing(errors))

    assert len(errors) == 1


@pytest.mark.django_db(transaction=True)
def test_on_commit_of_a_failed_attempt_is_not_called() -> None:
    """Callbacks belong to the attempt that was kept."""
    called: list[int] = []
    attempts: list[int] = []

    def work() -> None:
        attempts.append(len(attempts))
        number = len(attempts)
        transactions.on_commit(lambda: called.append(number))
        if number == 1:
            raise OperationalError("deadlock detected")

    transactions.run(work)

    assert called == [2]


@pytest.mark.django_db(transaction=True)
def test_on_commit_callback_that_raises_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    """What is durable cannot fail any more."""

    def raising() -> Any:
        raise RuntimeError("receiver")

    transactions.run(lambda: transactions.on_commit(raising))

    assert not connection.in_atomic_block
    assert "receiver" in caplog.text
