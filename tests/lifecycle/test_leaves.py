"""The record of a leave and what it waits for: written with it, finished after the commit, closed once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_provisioning import signals
from django_provisioning.lifecycle import connections, leave, leaves, revocation, transactions
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Connection, Event, Leave, PendingRevocation
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import events, fresh, local_user, login_of, push, push_group, push_move
from tests.lifecycle.test_leave import shared
from tests.scim.at_once import at_once
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db(transaction=True)


class OutsideRevoker(Revoker):
    """Ends access in another system; the test says how that goes."""

    kind = "badges"
    fails: ClassVar[int] = 0
    asked: ClassVar[list[bool]] = []

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Note whether a transaction of the leave is still open and the user already inactive."""
        self.asked.append(bool(fresh(user).is_active))
        if type(self).fails:
            type(self).fails -= 1
            raise ConnectionError("https://secret-token@badges.example.com does not answer")
        return 2


@pytest.fixture(autouse=True)
def outside(settings: Any) -> type[OutsideRevoker]:
    """Install the revoker, working."""
    OutsideRevoker.fails = 0
    OutsideRevoker.asked.clear()
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.OutsideRevoker"]}
    return OutsideRevoker


@pytest.fixture
def told() -> Any:
    """Collect what the signals say."""
    heard: list[tuple[str, Any]] = []

    def revoked(leave: Leave, **_: Any) -> None:
        heard.append(("revoked", leave.pk))

    def failed(kind: str, attempts: int, **_: Any) -> None:
        heard.append((kind, attempts))

    signals.access_revoked.connect(revoked)
    signals.revocation_failed.connect(failed)
    yield heard
    signals.access_revoked.disconnect(revoked)
    signals.revocation_failed.disconnect(failed)


def left(identity: Any) -> Leave:
    """Deactivate and give the record."""
    push_move(identity, login_of("ada"), active=False)
    return Leave.objects.get()


def test_revoker_that_cannot_be_rolled_back_runs_after_the_commit(told: list[Any]) -> None:
    """C15, N7: before the answer, but never before the leave is durable; the record has the three times in order."""
    record = left(push(make_connection(), login_of("ada")).identity)

    assert OutsideRevoker.asked == [False]
    assert not PendingRevocation.objects.exists()
    assert record.ended["badges"] == 2
    assert "open" not in record.ended
    assert record.closed_at is not None
    assert record.received_at <= record.deactivated_at <= record.closed_at
    assert told == [("revoked", record.pk)]


def test_pending_row_goes_with_the_leave_that_is_rolled_back() -> None:
    """What did not happen has nothing left to end, and nobody was asked."""
    identity = push(make_connection(), login_of("ada")).identity

    def work() -> None:
        leave.offboard(make_context(), fresh(identity.user), reason="left")
        assert PendingRevocation.objects.count() == 1
        raise RuntimeError("the process changed its mind")

    with pytest.raises(RuntimeError):
        transactions.run(work)

    assert (PendingRevocation.objects.count(), Leave.objects.count(), OutsideRevoker.asked) == (0, 0, [])
    assert fresh(identity.user).is_active


def test_process_that_dies_after_the_commit_leaves_the_leave_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row remembers it; whoever comes next finishes and closes."""
    monkeypatch.setattr(leaves, "on_commit", lambda _: None)
    identity = push(make_connection(), login_of("ada")).identity

    record = left(identity)
    was_open = (
        record.closed_at is None,
        revocation.is_open(identity.user),
        leaves.close_finished(identity.user),
    )
    ended = revocation.complete(make_context(), identity.user)
    closed = leaves.close_finished(identity.user)

    assert was_open == (True, True, 0)
    assert (ended, closed) == ({"badges": 2}, 1)
    assert Leave.objects.get().closed_at is not None


def test_failures_wait_twice_as_long_each_time_up_to_an_hour(outside: Any, told: list[Any]) -> None:
    """Each failure is told by signal and event, in words that hold no secret; the end closes the leave once."""
    outside.fails = 9
    identity = push(make_connection(), login_of("ada")).identity
    record = left(identity)
    pauses = []
    for _ in range(8):
        now = make_context().now
        revocation.complete(make_context(), identity.user)
        pauses.append(round((PendingRevocation.objects.get().next_attempt_at - now).total_seconds()))
        assert revocation.complete(make_context(), identity.user, due_only=True) == {}
    ended = revocation.complete(make_context(), identity.user)
    leaves.close_finished(identity.user)
    leaves.close_finished(identity.user)

    assert record.closed_at is None
    assert pauses == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert ended == {"badges": 2}
    assert told == [*(("badges", number) for number in range(1, 10)), ("revoked", record.pk)]
    failures = events("access.revocation_failed")
    assert [event.effects["attempts"] for event in failures] == list(range(1, 10))
    assert {event.outcome for event in failures} == {Event.Outcome.FAILURE}
    assert "secret" not in str(list(Event.objects.values())) + str(list(PendingRevocation.objects.values()))


def test_due_attempt_is_made_when_its_time_has_come(outside: Any) -> None:
    """due_only looks at the clock of the context."""
    from dataclasses import replace

    outside.fails = 1
    identity = push(make_connection(), login_of("ada")).identity
    left(identity)
    later = replace(make_context(), now=make_context().now + timedelta(seconds=31))

    assert revocation.complete(make_context(), identity.user, due_only=True) == {}
    assert revocation.complete(later, identity.user, due_only=True) == {"badges": 2}


def test_row_of_a_revoker_whose_package_is_gone_is_dropped(outside: Any, settings: Any) -> None:
    """With the package went what it opened: the leave is not open for ever."""
    outside.fails = 1
    identity = push(make_connection(), login_of("ada")).identity
    left(identity)
    settings.DJANGO_PROVISIONING = {}

    assert revocation.complete(make_context(), identity.user) == {}
    assert leaves.close_finished(identity.user) == 1


def test_two_processes_complete_once(outside: Any) -> None:
    """The row is locked while it is tried: the second finds it gone."""
    if database.vendor == "sqlite":
        pytest.skip("threads share one connection to SQLite in memory")
    outside.fails = 1
    identity = push(make_connection(), login_of("ada")).identity
    left(identity)
    OutsideRevoker.asked.clear()

    results = at_once([lambda: revocation.complete(make_context(), identity.user)] * 4)

    assert sorted(map(str, results)) == ["{'badges': 2}", "{}", "{}", "{}"]
    assert len(OutsideRevoker.asked) == 1


def test_two_leaves_at_once_write_one_event() -> None:
    """Offboard locks the user itself: of several administrators one ends it."""
    if database.vendor == "sqlite":
        pytest.skip("threads share one connection to SQLite in memory")
    user = push(make_connection(), login_of("ada")).identity.user
    copies = [fresh(user) for _ in range(4)]

    at_once(
        [
            lambda copy=copy: transactions.run(  # type: ignore[misc]
                lambda: leave.offboard(make_context(), copy, reason="left")
            )
            for copy in copies
        ]
    )

    assert len(events("account.deactivated")) == 1
    assert Leave.objects.count() == 1


def test_removal_of_nobody_is_no_removal() -> None:
    """DELETE of who had left already: an event for the identity, no second record, and whatever is left ends."""
    connection = make_connection()
    identity = push(connection, login_of("ada")).identity
    left(identity)

    ScimClient(make_token(connection)).delete(f"/Users/{identity.scim_id}")

    assert Leave.objects.count() == 1
    assert (len(OutsideRevoker.asked), PendingRevocation.objects.count()) == (2, 0)
    assert [event.type for event in events("account.deactivated", "account.deleted")] == [
        "account.deactivated",
        "account.deleted",
    ]


def test_failure_after_the_deletion_of_the_connection_is_told(outside: Any) -> None:
    """The event can name no connection any more; the row waits, and the record stays open."""
    outside.fails = 1
    connection = make_connection()
    push(connection, login_of("ada"))

    transactions.run(lambda: connections.delete(make_context(connection), connection, accounts="offboard"))

    assert [event.connection_id for event in events("access.revocation_failed")] == [None]
    assert PendingRevocation.objects.get().attempts == 1
    assert Leave.objects.get().closed_at is None


def test_delete_of_an_identity_that_opened_nothing_is_no_second_removal() -> None:
    """Another tenant keeps the user active; this one had ended its part before."""
    connection = make_connection()
    identity = push(connection, login_of("ada")).identity
    shared(identity.user, make_connection(), login_of("ada"))
    left(identity)

    ScimClient(make_token(connection)).delete(f"/Users/{identity.scim_id}")

    assert fresh(identity.user).is_active
    assert [one.everywhere for one in Leave.objects.all()] == [False]


@pytest.mark.parametrize(("grouped", "most"), [(False, 14), (True, 16)])
def test_deactivating_patch_costs(settings: Any, grouped: bool, most: int) -> None:
    """The budget of a leave with sessions alone to end: 14 queries with the token's, 16 where groups go as well."""
    # Its record is written when the answer is gone: on a server by another thread, in a test by this one.
    settings.DJANGO_PROVISIONING = {"REQUEST_LOG": "off"}
    connection = make_connection()
    scim = ScimClient(make_token(connection))
    identity = push(connection, login_of("ada")).identity
    if grouped:
        push_group(connection, "engine", identity)
        push_group(connection, "motor", identity)
    scim.get("/Users")  # Stamps the token's last use.
    body = [{"op": "replace", "path": "active", "value": False}]

    with CaptureQueriesContext(database) as queries:
        assert scim.patch(f"/Users/{identity.scim_id}", body).status_code == 200

    control = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")
    sent = [query["sql"] for query in queries if not query["sql"].startswith(control)]
    assert len(sent) <= most, "\n".join(sent)


def test_unknown_user_whom_the_project_makes_inactive_leaves_too() -> None:
    """N16: an account from before the install; nothing was known, and all of it ends."""
    user = local_user("grace", password="Longest-0ne")

    user.is_active = False
    user.save()
    user.save()

    record = Leave.objects.get()
    assert (record.path, record.closed_at is not None) == (Leave.Path.APPLICATION, True)
    assert not fresh(user).has_usable_password()
    assert len(events("account.suspended")) == 1
