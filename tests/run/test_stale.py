"""Stale accounts: the day before, the day, the day after; and whom silence never ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning import signals
from django_provisioning.lifecycle import leave, rejoin, stale
from django_provisioning.models import Account, Connection, Event, Leave
from tests.factories import make_connection, make_context
from tests.lifecycle.people import account_of, events, fresh, jit_identity, login_of, push
from tests.run.people import noon, run_job, seen

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def policy(action: str, **more: Any) -> Connection:
    """Give a connection whose accounts are stale after thirty days."""
    return make_connection(**{"jit": "create", "stale_after_days": 30, "stale_action": action, **more})


@pytest.mark.parametrize(
    ("ago", "is_suspended"),
    [(29 * DAY, False), (30 * DAY - SECOND, False), (30 * DAY, True), (31 * DAY, True)],
)
def test_stale_account_is_suspended_on_the_day_and_not_before(ago: timedelta, is_suspended: bool) -> None:
    """N3: at N−1 days the person still has access, at N and N+1 days it has ended."""
    now = noon()
    ada = seen(policy("suspend"), "ada", ago, now=now)

    report = run_job("stale", now=now)

    account = account_of(ada.user)
    assert fresh(ada.user).is_active is not is_suspended
    assert (account.state, account.suspension) == (("suspended", "stale") if is_suspended else ("active", ""))
    assert report.counts.get("suspended", 0) == int(is_suspended)


def test_stale_suspension_is_a_whole_leave_by_the_policy() -> None:
    """C27: it has its event, its Leave row by this path, and the directory's word of the person stays."""
    now = noon()
    connection = policy("suspend")
    ada = seen(connection, "ada", 40 * DAY, now=now)

    run_job("stale", now=now)

    (event,) = events("account.suspended")
    row = Leave.objects.get()
    assert (event.actor_type, event.actor_id, event.reason) == ("policy", "stale", "stale")
    assert (event.connection, event.subject_id) == (connection, str(ada.user_id))
    assert (row.path, row.event_uid, row.connection) == (Leave.Path.STALE_POLICY, event.uid, connection)
    assert fresh(ada).active


@pytest.mark.parametrize(("action", "changed"), [("report", 0), ("warn", 1), ("suspend", 2)])
def test_stale_action_report_and_warn_end_nothing(action: str, changed: int) -> None:
    """Report-only writes nothing at all; warn tells; only suspend ends."""
    now = noon()
    connection = policy(action)
    soon = seen(connection, "soon", 25 * DAY, now=now)
    late = seen(connection, "late", 31 * DAY, now=now)

    report = run_job("stale", now=now)

    told = {event.subject_id for event in events("account.stale_warned")}
    assert fresh(soon.user).is_active
    assert fresh(late.user).is_active is (action != "suspend")
    assert (str(soon.user_id) in told) is (action != "report")
    assert report.counts == [{"stale": 1}, {"stale": 1, "warned": 2}, {"suspended": 1, "warned": 1}][changed]
    assert not (action == "report" and events())


@pytest.mark.parametrize(
    ("ago", "is_warned"), [(22 * DAY, False), (23 * DAY - SECOND, False), (23 * DAY, True), (24 * DAY, True)]
)
def test_stale_warning_comes_as_many_days_before_as_asked(ago: timedelta, is_warned: bool) -> None:
    """With seven days' warning of thirty, the warning is due on the twenty-third."""
    now = noon()
    seen(policy("suspend", stale_warning_days=7), "ada", ago, now=now)

    run_job("stale", now=now)

    assert bool(events("account.stale_warned")) is is_warned


def test_stale_warning_is_told_once_for_each_silence(django_capture_on_commit_callbacks: Any) -> None:
    """A second run says nothing again; after a sign of life the next silence is a new one. The signal follows."""
    now = noon()
    heard: list[Any] = []
    ada = seen(policy("warn"), "ada", 25 * DAY, now=now)

    def hear(user: Any, event: Event, **_: Any) -> None:
        heard.append((user.pk, event.effects["days_left"]))

    signals.account_stale.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            run_job("stale", now=now)
            run_job("stale", now=now)
        Account.objects.update(last_seen_at=now + 10 * DAY)
        with django_capture_on_commit_callbacks(execute=True):
            run_job("stale", now=now + 36 * DAY)
    finally:
        signals.account_stale.disconnect(hear)

    assert heard == [(ada.user_id, 5), (ada.user_id, 4)]


def test_stale_never_seen_counts_from_the_creation() -> None:
    """Who never came is stale after as many days; who was made lately is not, and who is staged has no access yet."""
    now = noon()
    connection = policy("suspend")
    seen(connection, "never", None, now=now)
    seen(connection, "staged", None, now=now, state=Account.State.STAGED)
    seen(connection, "recent", None, now=now, created_at=now - 29 * DAY)

    report = run_job("stale", now=now)

    ended = sorted(row["user"] for row in report.rows if row["what"] == "suspended")
    assert ended == [login_of("never")]


def test_stale_login_before_this_app_was_there_is_a_sign_of_life() -> None:
    """What Django's own last_login says counts where nothing newer is known."""
    now = noon()
    ada = seen(policy("suspend"), "ada", None, now=now)
    get_user_model().objects.filter(pk=ada.user_id).update(last_login=now - 5 * DAY)

    assert run_job("stale", now=now).counts == {}


def test_stale_never_ends_what_scim_manages_but_lists_it() -> None:
    """Silence is no statement of a directory: such accounts are findings."""
    now = noon()
    connection = policy("suspend")
    ada = push(connection, "ada").identity
    Account.objects.filter(user=ada.user).update(last_seen_at=now - 90 * DAY)

    report = run_job("stale", now=now)

    assert fresh(ada.user).is_active
    assert (report.counts, report.attention) == ({"kept_scim_managed": 1}, 1)


@pytest.mark.parametrize("kind", ["service", "break_glass", "test"])
def test_stale_leaves_accounts_that_are_no_people_alone(kind: str) -> None:
    """N14: services and break-glass accounts are quiet by nature."""
    now = noon()
    seen(policy("suspend", manages_privileged=True), "robot", 90 * DAY, now=now, kind=kind)

    assert run_job("stale", now=now).counts == {}


@pytest.mark.parametrize("manages", [True, False])
def test_stale_staff_is_suspended_only_where_the_connection_manages_such(manages: bool) -> None:
    """A protected account is listed, not locked out; a suspension for silence takes no flag away."""
    now = noon()
    ada = seen(policy("suspend", manages_privileged=manages), "ada", 90 * DAY, now=now)
    get_user_model().objects.filter(pk=ada.user_id).update(is_staff=True)

    report = run_job("stale", now=now)

    assert report.counts == ({"suspended": 1} if manages else {"kept_protected": 1})
    assert (fresh(ada.user).is_active, fresh(ada.user).is_staff) == (not manages, True)


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ({"stale_after_days": None}, "kept_other_connection"),
        ({"stale_after_days": 60, "stale_action": "suspend"}, "kept_other_connection"),
        ({"stale_after_days": 30, "stale_action": "report"}, "kept_other_connection"),
        ({"stale_after_days": 30, "stale_action": "suspend"}, "suspended"),
    ],
)
def test_stale_by_one_connection_is_kept_while_another_holds_on(other: dict[str, Any], outcome: str) -> None:
    """One tenant's short patience does not end another tenant's account."""
    now = noon()
    ada = seen(policy("suspend"), "ada", 40 * DAY, now=now)
    jit_identity(make_connection(jit="create", **other), "ada", user=ada.user)

    counts = run_job("stale", now=now).counts

    assert counts.get(outcome) == 1
    assert fresh(ada.user).is_active is (outcome != "suspended")


def test_stale_account_that_was_reinstated_has_its_days_again() -> None:
    """An administrator's decision is a sign of life: the next run does not undo it."""
    now = noon()
    ada = seen(policy("suspend"), "ada", 90 * DAY, now=now)
    run_job("stale", now=now)
    rejoin.reinstate(make_context(), fresh(ada.user), reason="on leave, is back")

    assert run_job("stale", now=noon()).counts == {}
    assert fresh(ada.user).is_active


def test_stale_account_seen_at_the_last_moment_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login between the look and the lock wins."""
    now = noon()
    ada = seen(policy("suspend"), "ada", 90 * DAY, now=now)
    real = stale.suspend

    def meanwhile(*arguments: Any) -> Any:
        Account.objects.update(last_seen_at=now)
        return real(*arguments)

    monkeypatch.setattr(stale, "suspend", meanwhile)

    assert run_job("stale", now=now).counts == {}
    assert fresh(ada.user).is_active


def crowd(connection: Connection, stale_ones: int, seen_ones: int) -> Any:
    """Give a connection that many people, stale and not, and the present moment."""
    now = noon()
    for number in range(stale_ones):
        seen(connection, f"stale{number}", 90 * DAY, now=now)
    for number in range(seen_ones):
        seen(connection, f"seen{number}", DAY, now=now)
    return now


def test_stale_breaker_stops_before_too_many_would_go() -> None:
    """More than the mass-leave share in one run, and nobody is suspended; one alarm a day says why."""
    connection = policy("suspend", mass_leave_percent=50)
    now = crowd(connection, 12, 11)

    first, second = run_job("stale", now=now), run_job("stale", now=now)

    (alarm,) = events("breaker.tripped")
    assert (first.stopped, second.stopped) == (True, True)
    assert first.counts == {"not_suspended": 12}
    assert (alarm.reason, alarm.effects) == ("stale_policy", {"stale": 12, "known": 23})
    assert not Leave.objects.exists()
    assert fresh(connection).halted_at is None


@pytest.mark.parametrize("allowed", ["by the share", "by the option", "by a share of nothing"])
def test_stale_breaker_lets_go_what_is_allowed(allowed: str) -> None:
    """Exactly the share passes, an operator may wave the rest through, and 0 turns the breaker off."""
    connection = policy("suspend", mass_leave_percent=0 if allowed.endswith("nothing") else 50)
    now = crowd(connection, 12, 12 if allowed == "by the share" else 2)

    report = run_job("stale", now=now, allow_mass_leave=allowed == "by the option")

    assert (report.counts, report.stopped) == ({"suspended": 12}, False)


def test_stale_accounts_of_a_halted_connection_wait() -> None:
    """While writes are halted our own sweep ends nobody either."""
    now = noon()
    connection = policy("suspend")
    ada = seen(connection, "ada", 90 * DAY, now=now)
    Connection.objects.update(halted_at=now)

    report = run_job("stale", now=now)

    assert report.stopped
    assert fresh(ada.user).is_active


def test_stale_job_asks_no_more_for_more_people(django_assert_num_queries: Any) -> None:
    """Looking at a connection costs two queries, the run itself seven, however many people there are."""
    connection = policy("report")
    now = crowd(connection, 15, 5)

    with django_assert_num_queries(9):
        report = run_job("stale", now=now)

    assert report.counts == {"stale": 15}


def test_stale_dry_run_names_them_and_ends_nothing() -> None:
    """What would be suspended is counted; afterwards everything is as it was."""
    now = noon()
    ada = seen(policy("suspend"), "ada", 90 * DAY, now=now)

    report = run_job("stale", now=now, dry_run=True)

    assert report.counts == {"suspended": 1}
    assert fresh(ada.user).is_active
    assert not Leave.objects.exists()
    assert not events()


def test_stale_suspension_of_somebody_who_left_is_none() -> None:
    """Who has left already is not suspended on top of it."""
    now = noon()
    ada = seen(policy("suspend"), "ada", 90 * DAY, now=now)
    leave.offboard(make_context(), fresh(ada.user), reason="left")

    assert run_job("stale", now=now).counts == {}
    assert account_of(ada.user).state == "deprovisioned"
