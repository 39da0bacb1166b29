"""The jobs that finish, find and tidy up."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from django_provisioning.lifecycle import out_of_band, tokens
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import (
    Account,
    Connection,
    ConnectionToken,
    Event,
    Leave,
    PendingRevocation,
    SessionIndex,
)
from tests.factories import make_connection, make_context
from tests.lifecycle.people import events, fresh, push, push_move
from tests.run.people import noon, run_job

HOUR = timedelta(hours=1)


class DoorRevoker(Revoker):
    """Asks a machine at the door, which may be away."""

    kind = "badges"
    is_away: ClassVar[bool] = False
    badges: ClassVar[set[Any]] = set()

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Take the badge back."""
        if self.is_away:
            raise ConnectionError("no answer")
        ended = int(user.pk in self.badges)
        self.badges.discard(user.pk)
        return ended

    def holders(self) -> Any:
        """Give whoever holds a badge."""
        return get_user_model().objects.filter(pk__in=list(self.badges)).values("pk")


@pytest.fixture
def door(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[DoorRevoker]:
    """The project's own revoker, which does not live in the database."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.DoorRevoker"]}
    monkeypatch.setattr(DoorRevoker, "badges", set())
    return DoorRevoker


def leaver(name: str = "ada") -> Any:
    """Push somebody and deactivate."""
    identity = push(make_connection(), name).identity
    push_move(identity, name, active=False)
    return identity.user


@pytest.mark.django_db(transaction=True)
def test_revocation_that_failed_is_repeated_when_due_and_closes_the_leave(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C16: OPEN until it succeeds; before its time it is left alone, so that a dead system is not hammered."""
    monkeypatch.setattr(door, "is_away", True)
    user = leaver()
    door.badges.add(user.pk)
    is_open = Leave.objects.get().closed_at is None

    early = run_job("revocations")
    monkeypatch.setattr(door, "is_away", False)
    PendingRevocation.objects.update(next_attempt_at=timezone.now() - HOUR)
    due = run_job("revocations")

    assert is_open
    assert (early.counts, early.attention) == ({"people_still_open": 1}, 1)
    assert due.counts == {"revokers_completed": 1, "leaves_closed": 1}
    assert not door.badges
    assert Leave.objects.get().closed_at is not None


@pytest.mark.django_db(transaction=True)
def test_revocation_that_fails_again_waits_longer_each_time(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back-off: thirty seconds, a minute, two minutes; each attempt leaves an event."""
    monkeypatch.setattr(door, "is_away", True)
    leaver()
    pauses = []

    for _ in range(2):
        PendingRevocation.objects.update(next_attempt_at=timezone.now() - HOUR)
        before = timezone.now()
        run_job("revocations")
        pauses.append(round((PendingRevocation.objects.get().next_attempt_at - before).total_seconds(), -1))

    assert pauses == [60, 120]
    assert [event.effects["attempts"] for event in events("access.revocation_failed")] == [1, 2, 3]


@pytest.mark.django_db
def test_leave_left_open_by_a_dead_process_is_closed() -> None:
    """Nothing is pending, only nobody came to say so; the same for somebody whose user is deleted."""
    leaver()
    gone = leaver("eve")
    Leave.objects.update(closed_at=None)
    get_user_model().objects.filter(pk=gone.pk).delete()

    report = run_job("revocations")

    assert report.counts == {"leaves_closed": 2}
    assert not Leave.objects.filter(closed_at=None).exists()


@pytest.mark.django_db
def test_revocations_dry_run_asks_nobody_outside(door: Any) -> None:
    """What a rollback does not undo is counted, not done."""
    user = leaver()
    door.badges.add(user.pk)

    report = run_job("revocations", dry_run=True)

    assert report.counts == {"due": 1}
    assert door.badges == {user.pk}


@pytest.mark.django_db(transaction=True)
def test_out_of_band_sweep_follows_everybody() -> None:
    """N16: QuerySet.update() of many people is followed to the end, each with event and Leave row."""
    connection = make_connection()
    people = [push(connection, f"person{number}").identity.user for number in range(5)]
    get_user_model().objects.filter(pk__in=[user.pk for user in people]).update(is_active=False)

    report = run_job("out_of_band")

    rows = Leave.objects.all()
    assert report.counts == {"left": 5}
    assert {(row.path, row.closed_at is None) for row in rows} == {("out_of_band", False)}
    assert len(rows) == len(events("account.suspended")) == 5


@pytest.mark.django_db
def test_out_of_band_return_is_a_finding() -> None:
    """Somebody made active again by hand is told of."""
    user = leaver()
    get_user_model().objects.filter(pk=user.pk).update(is_active=True)

    report = run_job("out_of_band")

    assert (report.counts, report.attention) == ({"returned": 1}, 1)


@pytest.mark.django_db(transaction=True)
def test_late_access_is_ended_and_told_once(door: Any) -> None:
    """A token that appears after the leave is found, revoked, and an event says so; then there is none."""
    user = leaver()
    door.badges.add(user.pk)

    first, second = run_job("late_access"), run_job("late_access")

    (event,) = events("access.found_late")
    assert first.counts == {"badges": 1, "people": 1}
    assert second.counts == {}
    assert (event.outcome, event.reason, event.subject_id) == (Event.Outcome.WARNING, "badges", str(user.pk))
    assert not door.badges
    assert not PendingRevocation.objects.exists()


@pytest.mark.django_db
def test_late_session_of_an_inactive_account_is_deleted() -> None:
    """A session row that a race left behind goes, and its index row."""
    user = leaver()
    browser = Client()
    browser.force_login(user)

    report = run_job("late_access")

    assert report.counts == {"sessions": 1, "people": 1}
    assert not Session.objects.exists()
    assert not SessionIndex.objects.exists()


@pytest.mark.django_db
def test_late_access_of_who_came_back_and_of_active_people_is_theirs(door: Any) -> None:
    """Only accounts without access are looked at."""
    active = push(make_connection(), "ada").identity.user
    door.badges.add(active.pk)

    assert run_job("late_access").counts == {}
    assert door.badges == {active.pk}


@pytest.mark.django_db(transaction=True)
def test_late_access_that_is_pending_already_is_not_found_again(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a failed revoker still holds is open, not late: no event every five minutes."""
    monkeypatch.setattr(door, "is_away", True)
    user = leaver()
    door.badges.add(user.pk)

    assert run_job("late_access").counts == {}


def indexed(key: str, user: Any, *, age: timedelta = HOUR) -> SessionIndex:
    """Give an index row of a session that was opened that long ago."""
    opened = timezone.now() - age
    return SessionIndex.objects.create(user=user, session_key=key, created_at=opened, last_seen_at=opened)


@pytest.fixture(params=["db", "cached_db", "file", "cache"])
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Any:
    """The session engine, with a cache that several processes could share."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": tmp_path / "cache",
        }
    }
    return import_module(settings.SESSION_ENGINE).SessionStore


@pytest.mark.django_db
def test_sessions_that_vanished_leave_the_index(engine: Any) -> None:
    """What the engine no longer knows is forgotten; live sessions stay, and so does one that is being opened."""
    user = push(make_connection(), "ada").identity.user
    live = engine()
    live.create()
    for key, age in ((live.session_key, HOUR), ("vanished", HOUR), ("opening", timedelta())):
        indexed(key, user, age=age)

    report = run_job("sessions")

    assert report.counts == {"sessions_forgotten": 1}
    assert set(SessionIndex.objects.values_list("session_key", flat=True)) == {live.session_key, "opening"}


@pytest.mark.django_db
def test_sessions_that_expired_leave_the_index() -> None:
    """An expired row of the session table counts as gone, whether or not it was cleared."""
    user = push(make_connection(), "ada").identity.user
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - HOUR)
    indexed("old", user)

    assert run_job("sessions").counts == {"sessions_forgotten": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("cache", ["another process", "away"])
def test_sessions_of_a_cache_that_cannot_be_asked_stay(settings: Any, monkeypatch: Any, cache: str) -> None:
    """An empty answer from the wrong place would make the index forget every live session."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    if cache == "away":
        backend = "django.core.cache.backends.filebased.FileBasedCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "/nonexistent"}}
        monkeypatch.setattr(type(caches["default"]), "set", lambda *_: None)
    indexed("somewhere", push(make_connection(), "ada").identity.user)

    report = run_job("sessions")

    assert django_settings.SESSION_ENGINE.endswith("cache")
    assert report.counts == {"sessions_not_judged": 1}
    assert SessionIndex.objects.exists()


def issue(connection: Connection, days: float, **facts: Any) -> ConnectionToken:
    """Issue a token that lives so many days from now."""
    context = make_context(connection)
    return tokens.issue(context, connection, lifetime=timedelta(days=days), **facts).token


@pytest.mark.django_db
def test_token_is_told_of_once_at_each_mark() -> None:
    """Thirty days, seven, one: three events however often the job runs; before and after none."""
    connection = make_connection()
    token = issue(connection, 40)
    now = noon()

    for day in (0, 9, 11, 12, 32, 34, 38.5, 39.5, 39.6, 41):
        run_job("tokens", now=now + timedelta(days=day))

    told = events("token.expiring")
    assert [event.effects for event in told] == [
        {"key_id": token.key_id, "days_left": mark} for mark in tokens_job_marks()
    ]
    assert {event.connection for event in told} == {connection}


def tokens_job_marks() -> tuple[int, ...]:
    """Give the marks of the job."""
    from django_provisioning.lifecycle.jobs.tokens import DAYS_BEFORE

    return DAYS_BEFORE


@pytest.mark.django_db
def test_token_that_is_replaced_revoked_or_of_a_disabled_connection_is_no_news() -> None:
    """After a rotation the old token may expire in peace."""
    replaced, revoked, disabled = make_connection(), make_connection(), make_connection(enabled=False)
    issue(replaced, 5)
    issue(replaced, 365)
    tokens.revoke(make_context(revoked), issue(revoked, 5))
    issue(disabled, 5)

    assert run_job("tokens").counts == {}


@pytest.mark.django_db
def test_credentials_job_runs() -> None:
    """Without a token package there is nothing to forget."""
    assert run_job("credentials").counts == {}


@pytest.mark.django_db
def test_out_of_band_leaves_nothing_for_the_guard() -> None:
    """After the job a follow by anybody else finds nothing to do."""
    user = push(make_connection(), "ada").identity.user
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    run_job("out_of_band")

    assert out_of_band.follow(make_context(), fresh(user)) is None
    assert Account.objects.get(user=user).suspension == "administrator"
