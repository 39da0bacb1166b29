"""Filters of the accounts list that look at the user row, the sessions and the last sign of life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.models import Account, SessionIndex
from django_provisioning.models.figures import _has_field
from tests.admin.pages import url_of
from tests.dashboard.scenes import auditor, set_account
from tests.factories import make_connection
from tests.lifecycle.people import local_user, push

pytestmark = pytest.mark.django_db


def listed(**query: str) -> set[int]:
    """Give the keys of the users on the list."""
    response = auditor().get("account_changelist", query=query)
    return {row.user_id for row in response.context["cl"].result_list}


def people(*names: str) -> list[Any]:
    """Give users whom one connection pushed."""
    connection = make_connection()
    return [push(connection, f"{name}@example.com").identity.user for name in names]


@pytest.mark.skipif(not _has_field("is_staff"), reason="this user model has no staff flag")
def test_privileged_are_staff_and_superusers() -> None:
    """Either flag counts; nobody else is listed."""
    plain = people("ada")[0]
    flagged = [local_user("staff", is_staff=True), local_user("super", is_superuser=True)]
    for user in flagged:
        Account.objects.create(user=user, origin="manual", state="active", created_at=timezone.now())

    assert listed(privileged="yes") == {user.pk for user in flagged}
    assert plain.pk in listed(privileged="nonsense")


def test_sessions_tell_who_is_signed_in() -> None:
    """Who holds a known session is on one list, everybody else on the other."""
    ada, grace = people("ada", "grace")
    now = timezone.now()
    for key in ("one", "two"):
        SessionIndex.objects.create(user=ada, session_key=key, created_at=now, last_seen_at=now)

    assert listed(sessions="yes") == {ada.pk}
    assert listed(sessions="no") == {grace.pk}
    assert listed() == {ada.pk, grace.pk}


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "30"),
        (29, "30"),
        (31, "90"),
        (89, "90"),
        (91, "180"),
        (179, "180"),
        (181, "older"),
        (None, "never"),
    ],
)
def test_every_active_account_is_in_one_bucket(days: int | None, bucket: str) -> None:
    """By its last sign of life, on both sides of each border."""
    user = people("ada")[0]
    set_account(user, last_seen_at=None if days is None else timezone.now() - timedelta(days=days))

    assert [name for name in ("30", "90", "180", "older", "never") if listed(seen=name)] == [bucket]


def test_who_has_left_is_in_no_bucket() -> None:
    """Silence of somebody who left is no finding."""
    user = people("gone")[0]
    set_account(user, state="deprovisioned", last_seen_at=timezone.now() - timedelta(days=400))

    assert listed(seen="older") == set()
    assert listed() == {user.pk}


def test_filters_cost_no_further_query() -> None:
    """Each is a condition of the list's own query."""
    people("ada")
    browser = auditor()
    url = url_of("account_changelist")
    browser.client.get(url)

    for query in ({"privileged": "yes"}, {"sessions": "no"}, {"seen": "never"}):
        with CaptureQueriesContext(database) as queries:
            browser.client.get(url, query)
        assert len(queries) <= 8
