"""The checks about what only time ends: W001, W007, W011 and W016."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from django_provisioning import checks
from django_provisioning.checks.check import Check
from django_provisioning.lifecycle import schedule
from django_provisioning.models import Account, Connection, PolicyRun
from tests.factories import make_connection, make_token
from tests.lifecycle.people import local_user
from tests.management.shell import run

pytestmark = pytest.mark.django_db

CHECKS = {check.id: check for check in checks.CHECKS}
DAY = timedelta(days=1)


def found(check_id: str) -> list[str]:
    """Run one check as ``check --deploy --database default`` would and give the messages."""
    return [message.msg for message in CHECKS[check_id].run(["default"])]


@pytest.mark.parametrize(
    ("policies", "is_bare"),
    [
        ({"jit": "create"}, True),
        ({"jit": "link_only"}, True),
        ({"jit": "off"}, False),
        ({"jit": "create", "enabled": False}, False),
        ({"jit": "create", "session_max_age_seconds": 43_200}, False),
        ({"jit": "create", "stale_after_days": 90}, False),
        ({"jit": "create", "signing_keys_url": "https://idp.example.com/keys"}, False),
        ({"jit": "create", "revocation_issuer": "https://idp.example.com"}, False),
    ],
)
def test_w001_login_without_a_directory_needs_another_control(
    policies: dict[str, Any], is_bare: bool
) -> None:
    """N9, C27: JIT alone removes nobody; any one control is enough."""
    connection = make_connection()
    Connection.objects.filter(pk=connection.pk).update(**policies)

    messages = found("W001")

    assert [repr(connection.slug) in message for message in messages] == [True] * int(is_bare)


@pytest.mark.parametrize("has_died", [True, False])
def test_w001_directory_that_pushes_is_a_control_while_its_token_lives(has_died: bool) -> None:
    """A connection whose last token has expired is back to logins alone."""
    connection = make_connection(jit="create")
    make_token(connection)
    if has_died:
        connection.tokens.update(expires_at=timezone.now() - DAY)

    assert bool(found("W001")) is has_died


def test_w007_run_that_was_not_seen_is_a_warning() -> None:
    """It speaks once a connection is a day old, and is silent again after a run."""
    connection = make_connection()
    fresh = found("W007")
    Connection.objects.filter(pk=connection.pk).update(created_at=timezone.now() - 2 * DAY)

    before = found("W007")
    run("run")

    assert fresh == []
    assert len(before) == 1
    assert found("W007") == []


def test_w007_names_the_job_that_is_missing() -> None:
    """A job that keeps failing is not hidden by the others."""
    Connection.objects.filter(pk=make_connection().pk).update(created_at=timezone.now() - 2 * DAY)
    run("run")
    PolicyRun.objects.filter(job="stale").update(outcome="failed")
    PolicyRun.objects.filter(job="tokens").update(finished_at=timezone.now() - 2 * DAY)

    (message,) = found("W007")

    assert "Missing: stale, tokens." in message
    assert len(schedule.JOBS) > 2


@pytest.mark.parametrize("kind", ["human", "break_glass"])
def test_w011_idp_that_manages_administrators_needs_a_way_around_it(kind: str) -> None:
    """One active local break-glass account is enough."""
    make_connection(manages_privileged=True)
    user = local_user("root", is_superuser=True)
    Account.objects.create(user=user, origin="manual", state="active", kind=kind, created_at=timezone.now())

    assert bool(found("W011")) is (kind == "human")


def test_w011_says_nothing_where_administrators_are_protected_anyway() -> None:
    """No warning that a site without the policy could do nothing about."""
    make_connection()

    assert found("W011") == []


@pytest.mark.parametrize(
    ("action", "guard", "warned"),
    [("suspend", False, True), ("suspend", True, False), ("report", False, False)],
)
def test_w016_policy_that_suspends_needs_the_guard(
    settings: Any, action: str, guard: bool, warned: bool
) -> None:
    """Without it a person who works in one long session looks absent."""
    make_connection(stale_after_days=30, stale_action=action)
    path = "django_provisioning.guard.GuardMiddleware"
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != path] + [path] * int(guard)

    assert bool(found("W016")) is warned


@pytest.mark.parametrize(
    "error", [OperationalError("no such column"), ProgrammingError("relation does not exist")]
)
def test_check_of_the_database_says_nothing_before_the_tables_are_there(error: Exception) -> None:
    """``migrate`` runs these checks first, on a new database and on one of an older version; it must not break."""

    def find() -> Any:
        raise error
        yield

    assert Check("W999", find, reads_database=True).run(["default"]) == []
    with pytest.raises(type(error)):
        Check("W999", find).run(["default"])
