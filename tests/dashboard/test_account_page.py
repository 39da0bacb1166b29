"""The page of an account: what it holds, where it drifted, and its history with before and after."""

from __future__ import annotations

import re

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_provisioning.lifecycle import audit, holdings
from django_provisioning.mapping.fields import user_map
from django_provisioning.reports.drift import drift_of
from tests.admin.pages import Browser, superuser, text_of
from tests.dashboard.scenes import auditor, offboard, small_site
from tests.factories import make_connection, make_context
from tests.lifecycle.people import account_of, jit_identity, push, push_move

pytestmark = pytest.mark.django_db

HAS_NAMES = "name.givenName" in user_map().fields


def section(page: str, name: str) -> str:
    """Give the part of a page under a heading."""
    found = re.search(rf'<section[^>]*aria-labelledby="{name}-heading">(.*?)</section>', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_account_page_shows_each_kind_of_access_and_how_much_is_held() -> None:
    """Sessions and tokens stand by kind, so that “signed out” can be told from “holds nothing” (C24)."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    Client().force_login(user)

    page = text_of(auditor().get("account_change", account_of(user).pk))

    assert re.search(r'<th scope="row">sessions</th><td>1</td>', section(page, "holdings"))


def test_holdings_are_those_of_one_user() -> None:
    """Nobody's sessions are counted for somebody else."""
    connection = make_connection("acme")
    ada, grace = (push(connection, f"{name}@example.com").identity.user for name in ("ada", "grace"))
    Client().force_login(ada)

    found = {
        user.pk: {one.kind: (one.count, one.holds) for one in holdings.held_by(user)}["sessions"]
        for user in (ada, grace)
    }

    assert found == {ada.pk: (1, True), grace.pk: (0, False)}


@pytest.mark.skipif(not HAS_NAMES, reason="this user model has no field for the given name")
def test_local_edit_of_a_pushed_attribute_is_drift() -> None:
    """What the IdP owns and somebody changed here stands with both values; the rest does not (C17)."""
    identity = push(
        make_connection("acme"), "ada@example.com", name={"givenName": "Ada", "familyName": "L"}
    ).identity
    user = identity.user
    before = drift_of([identity], user)
    setattr(user, user_map().fields["name.givenName"], "Edited")
    user.save()

    page = text_of(auditor().get("account_change", account_of(user).pk))

    assert before == []
    assert [(one.attribute, one.pushed, one.here) for one in drift_of([identity], user)] == [
        ("name.givenName", "Ada", "Edited")
    ]
    assert "Edited" in section(page, "drift")
    assert "familyName" not in section(page, "drift")


def test_reactivation_past_the_directory_is_drift() -> None:
    """The directory says inactive, the user row says active: that is shown."""
    identity = push(make_connection("acme"), "ada@example.com").identity
    push_move(identity, "ada@example.com", active=False)
    identity.refresh_from_db()
    type(identity.user)._base_manager.filter(pk=identity.user.pk).update(is_active=True)
    identity.user.refresh_from_db()

    assert [(one.attribute, one.pushed, one.here) for one in drift_of([identity], identity.user)] == [
        ("active", False, True)
    ]


def test_account_that_no_directory_pushes_is_not_called_in_sync() -> None:
    """A JIT-only account has nothing to be compared with, and the page says so (N24)."""
    user = jit_identity(make_connection("globex"), "joan@example.net").user

    page = text_of(auditor().get("account_change", account_of(user).pk))

    assert "Nothing to compare" in section(page, "drift")


def test_trail_is_on_no_page_of_who_may_not_see_events() -> None:
    """The timeline of an account and the refusals of a set-up page are parts of the trail."""
    connection = make_connection("acme")
    identity = push(connection, "ada@example.com").identity
    offboard(identity.user, reason="TICKET-9")
    refused = audit.Subject.connection(connection)
    audit.record(make_context(connection), "request.refused", refused, outcome="failure", reason="MADE-UP")
    account = account_of(identity.user)
    readers = (Browser("view_account", "view_connection"), auditor())

    pages = [
        text_of(one.get("account_change", account.pk)) + text_of(one.get("connection_setup", connection.pk))
        for one in readers
    ]

    assert [("TICKET-9" in page, "MADE-UP" in page) for page in pages] == [(False, False), (True, True)]


def test_timeline_shows_before_and_after() -> None:
    """Each event stands with what it changed and what it ended, newest first (N23)."""
    identity = push(make_connection("acme"), "ada@example.com", title="Countess").identity
    push_move(identity, "ada@example.com", title="Analyst")
    offboard(identity.user, reason="TICKET-9")

    page = section(text_of(auditor().get("account_change", account_of(identity.user).pk)), "events")

    types = re.findall(r">(account\.[a-z_]+)</a>", page)
    assert types == ["account.deactivated", "account.updated", "account.created"]
    assert "title: Countess → Analyst" in page
    assert "active: True → False" in page
    assert "TICKET-9" in page
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", page)


def test_account_list_has_the_columns_and_counts_sessions() -> None:
    """Who can sign in, whether the account is active, live sessions and who manages it are four columns (C24)."""
    small_site()
    user = push(make_connection("more"), "max@example.com").identity.user
    for _browser in range(2):
        Client().force_login(user)

    response = auditor().get("account_changelist")

    rows = {row.user_id: row for row in response.context["cl"].result_list}
    assert rows[user.pk].session_count == 2
    columns = set(response.context["cl"].list_display)
    assert {
        "origin",
        "managed_by",
        "state",
        "can_sign_in",
        "live_sessions",
        "last_login",
        "last_seen",
        "owner",
        "kind",
    } <= columns


@pytest.mark.parametrize(
    "page", ["account", "event", "leave", "connection", "identity", "grouplink", "sessionindex"]
)
def test_list_costs_at_most_8_queries(page: str) -> None:
    """For an auditor, permissions and session included."""
    small_site()
    browser = auditor()
    browser.get(f"{page}_changelist")

    with CaptureQueriesContext(database) as queries:
        browser.get(f"{page}_changelist")

    assert len(queries) <= 8


def test_user_is_a_link_only_for_those_who_may_look_there() -> None:
    """A link that ends in a refusal is a dead end: the auditor reads the name alone."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    link = f'href="{reverse(f"admin:{user._meta.app_label}_{user._meta.model_name}_change", args=[user.pk])}"'
    pages = [
        text_of(browser.get("account_change", account_of(user).pk)) for browser in (auditor(), superuser())
    ]

    assert [link in page for page in pages] == [False, True]
    assert all(str(user) in page for page in pages)
