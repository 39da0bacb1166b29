"""Events: append-only, never without an actor, and the signals that follow them after the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from django_provisioning import signals
from django_provisioning.lifecycle import audit, groups, leave, transactions
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.models import Event
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    event_types,
    fresh,
    group_changes,
    jit_identity,
    on_locked,
    push,
    push_group,
    push_move,
)

pytestmark = pytest.mark.django_db

NAMES = ["account_joined", "account_moved", "account_left", "account_rejoined", "group_changed"]


@pytest.fixture
def received() -> Iterator[list[tuple[str, str, Any]]]:
    """Collects (signal, event type, user or group link) of everything sent."""
    found: list[tuple[str, str, Any]] = []
    receivers = {name: _collector(name, found) for name in NAMES}
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver)
    yield found
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)


def _collector(name: str, found: list[tuple[str, str, Any]]) -> Callable[..., None]:
    def receive(event: Event, **payload: Any) -> None:
        found.append((name, event.type, payload.get("user") or payload.get("group")))

    return receive


@pytest.mark.parametrize("actor_type", ["", None])
def test_event_without_an_actor_is_refused_by_the_database(actor_type: str | None) -> None:
    """C23: no code path can write a row that nobody caused."""
    context = Context.of(Actor(actor_type))  # type: ignore[arg-type]

    with pytest.raises(IntegrityError), transaction.atomic():
        audit.record(context, "account.updated", audit.Subject("user", "1"))


def test_event_cannot_be_changed_or_deleted() -> None:
    """The trail is append-only: instance, queryset and bulk paths refuse."""
    push(make_connection(), "ada")
    event = Event.objects.latest("id")
    attempts: list[Callable[[], Any]] = [
        event.save,
        event.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(reason="forged"),
        lambda: Event.objects.filter(pk=event.pk).update(actor_id="forged"),
        lambda: Event.objects.bulk_update([event], ["reason"]),
        lambda: Event.objects.update_or_create(pk=event.pk, defaults={"reason": "forged"}),
    ]

    for attempt in attempts:
        with pytest.raises(TypeError, match="append-only"), transaction.atomic():
            attempt()

    assert fresh(event).reason == ""


def test_event_outlives_its_connection() -> None:
    """The slug stays as text when the connection is gone (N15)."""
    connection = make_connection("gone")
    push(connection, "ada")

    connection.delete()

    event = Event.objects.get(type="account.created")
    assert (event.connection, event.connection_slug) == (None, "gone")


@pytest.mark.parametrize(
    ("type_", "phase"),
    [
        ("account.created", "joiner"),
        ("account.updated", "mover"),
        ("account.erased", "leaver"),
        ("x", "other"),
    ],
)
def test_event_belongs_to_a_phase(type_: str, phase: str) -> None:
    """C12: joiner, mover, leaver or other."""
    event = audit.record(make_context(), type_, audit.Subject("user", "1"))

    assert event.phase == phase


@pytest.mark.parametrize("name", ["password", "x509Certificates", "photos"])
def test_event_never_holds_a_secret(name: str) -> None:
    """Old and new are redacted, and absence is still told."""
    changes = audit.difference({name: "old-secret"}, {name: "new-secret"})

    assert changes == {name: {"old": "<redacted>", "new": "<redacted>"}}
    assert audit.difference({}, {name: "new-secret"})[name]["old"] is None


def test_event_cuts_long_values() -> None:
    """A trail is no storage of documents."""
    changes = audit.difference({}, {"title": "a" * 10_000})

    assert len(changes["title"]["new"]) == 257


def test_event_of_many_members_names_some_and_counts_all() -> None:
    """A group push of hundreds is one event of bounded size."""
    connection = make_connection()
    people = [push(connection, f"person{number}").identity for number in range(60)]

    push_group(connection, "engine", *people)

    event = Event.objects.get(type="group.members_changed")
    assert event.effects["members_added"] == 60
    assert len(event.changes["members"]["new"]) == 50


def test_signals_follow_each_verb_after_the_commit(
    received: list[tuple[str, str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    """One per event, with the user or the group, and only once it is durable."""
    connection = make_connection()
    with django_capture_on_commit_callbacks(execute=True):
        identity = push(connection, "ada").identity
        push_move(identity, "ada", title="Countess")
        link = push_group(connection, "engine", identity)
        push_move(identity, "ada", active=False)
        push_move(identity, "ada", active=True)
        on_locked(identity, leave.delete)
        push(connection, "ada")
        assert received == []

    assert [(name, type_) for name, type_, _ in received] == [
        ("account_joined", "account.created"),
        ("account_moved", "account.updated"),
        ("group_changed", "group.created"),
        ("group_changed", "group.members_changed"),
        ("account_left", "account.deactivated"),
        ("account_rejoined", "account.reinstated"),
        ("account_left", "account.deleted"),
        ("account_rejoined", "account.reinstated"),
    ]
    assert received[0][2] == identity.user
    assert received[2][2] == link


def test_signals_of_adoption_and_staging(
    received: list[tuple[str, str, Any]], django_capture_on_commit_callbacks: Any
) -> None:
    """Joiners by adoption and by activation are joiners."""
    connection = make_connection()
    jit_identity(connection, "ada")
    with django_capture_on_commit_callbacks(execute=True):
        push(connection, "ada")
        staged = push(connection, "bob", active=False).identity
        push_move(staged, "bob", active=True)

    types = [type_ for name, type_, _ in received if name == "account_joined"]
    assert types == ["account.adopted", "account.created", "account.activated"]


@pytest.mark.django_db(transaction=True)
def test_rollback_leaves_no_event_and_sends_no_signal(received: list[tuple[str, str, Any]]) -> None:
    """What did not happen is not told."""
    connection = make_connection()

    def work() -> None:
        push(connection, "ada")
        groups.create(make_context(connection), group_changes("engine"))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        transactions.run(work)

    assert event_types() == []
    assert received == []


@pytest.mark.django_db(transaction=True)
def test_receiver_that_raises_changes_nothing(received: list[tuple[str, str, Any]]) -> None:
    """A project's receiver can observe and never undo."""

    def raising(**_: Any) -> None:
        raise RuntimeError("receiver")

    signals.account_joined.connect(raising)
    try:
        outcome = push(make_connection(), "ada")
    finally:
        signals.account_joined.disconnect(raising)

    assert fresh(outcome.identity)
    assert [name for name, _, _ in received] == ["account_joined"]
