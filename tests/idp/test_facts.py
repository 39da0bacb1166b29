"""The facts of the replays: each kind holds for what Django has, and is reported for anything else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from django_provisioning.models import Connection, GroupLink, Identity
from tests.idp.facts import fact_mismatches, privileged_users, state_of

pytestmark = pytest.mark.django_db

VARIABLES = {"seen": ["1", "2"], "twice": ["1", "1"]}


@pytest.fixture
def connection() -> Connection:
    """A connection with one live user in one group, and one deleted user whose account is inactive."""
    now = timezone.now()
    made = Connection.objects.create(slug="acme", name="Acme", created_at=now)
    group = Group.objects.create(name="Staff")
    GroupLink.objects.create(
        connection=made, group=group, scim_id="g", display_name="Staff", display_name_key="staff",
        created_at=now, updated_at=now,
    )  # fmt: skip
    for name, live in (("ada@example.com", True), ("bob@example.com", None)):
        user_model = get_user_model()
        user: Any = user_model._default_manager.create(
            **{user_model.USERNAME_FIELD: name}, is_active=bool(live)
        )
        user.groups.set([group] if live else [])
        Identity.objects.create(
            connection=made, user=user, scim_id=name, user_name=name, user_name_key=name, live=live,
            deleted_at=None if live else now, created_at=now, updated_at=now,
        )  # fmt: skip
    return made


def _account(connection: Connection, name: str) -> Any:
    return connection.identities.get(user_name=name).user


@pytest.mark.parametrize(
    "fact",
    [
        {"user": "ada@example.com", "is_active": True, "groups": ["Staff"], "accounts": 1},
        {"user": "ada@example.com", "external_id": None},
        {"user": "bob@example.com", "exists": False},
        {"user": "nobody@example.com", "exists": False},
        {"group": "Staff", "members": ["ada@example.com"], "size": 1},
        {"group": "Nobody", "exists": False},
        {"users": 1, "groups": 1},
        {"distinct": "seen", "count": 2},
    ],
)
def test_fact_that_holds_gives_no_mismatch(connection: Connection, fact: dict[str, Any]) -> None:
    """What Django has is not reported."""
    assert fact_mismatches(connection, fact, VARIABLES) == []


@pytest.mark.parametrize(
    "fact",
    [
        {"user": "ada@example.com", "is_active": False},
        {"user": "ada@example.com", "groups": []},
        {"user": "ada@example.com", "accounts": 2},
        {"user": "ada@example.com", "exists": False},
        {"user": "bob@example.com"},
        {"group": "Staff", "members": []},
        {"group": "Staff", "exists": False},
        {"group": "Nobody"},
        {"users": 2},
        {"groups": 0},
        {"distinct": "twice", "count": 2},
    ],
)
def test_fact_that_does_not_hold_is_reported(connection: Connection, fact: dict[str, Any]) -> None:
    """Anything else is reported."""
    assert fact_mismatches(connection, fact, VARIABLES) != []


def test_fact_of_a_deleted_user_whose_account_can_sign_in_is_reported(connection: Connection) -> None:
    """A tombstone is not enough: the account behind it must be inactive."""
    account = _account(connection, "bob@example.com")
    account.is_active = True
    account.save()

    problems = fact_mismatches(connection, {"user": "bob@example.com", "exists": False}, {})

    assert problems == ["user bob@example.com: the account stays active"]


def test_state_of_notices_a_membership_and_a_deactivation(connection: Connection) -> None:
    """The snapshot that repeated requests are judged by sees the Django side."""
    account = _account(connection, "ada@example.com")

    before = state_of(connection)
    account.groups.clear()
    without_group = state_of(connection)
    account.is_active = False
    account.save()

    assert before != without_group
    assert without_group != state_of(connection)


def test_privileged_users_names_a_superuser(connection: Connection) -> None:
    """No story may end with a privileged account."""
    account = _account(connection, "ada@example.com")
    account.is_superuser = True
    account.save()

    assert privileged_users(connection) == ["ada@example.com"]
