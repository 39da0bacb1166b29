"""How an account stands: four answers that never stand for each other, and who decides what of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Account, Event, Identity
from django_provisioning.reports.deciders import deciders_of
from django_provisioning.reports.standing import Sessions, Statement, evidence_of, standing
from tests.admin.pages import text_of, url_of
from tests.dashboard.scenes import auditor, offboard, set_account
from tests.dashboard.test_account_page import section
from tests.factories import make_connection
from tests.lifecycle.people import account_of, jit_identity, local_user, make_group, push, push_group

pytestmark = pytest.mark.django_db

HAS_NAMES = "name.givenName" in user_map().fields


def answers(user: Any, *, known: int = 0, can_list: bool = True) -> dict[str, Statement]:
    """Give the four answers by name."""
    account = Account.objects.select_related("user").get(user=user)
    identities = list(Identity.objects.filter(user=user).select_related("connection"))
    found = standing(account, identities, Sessions(known, can_list), timezone.now())
    return {one.name: one for one in found}


def asserted(days: int, **policies: Any) -> Any:
    """Give the user of a login-only account whose last login was so many days ago."""
    at = timezone.now() - timedelta(days=days, hours=1)
    connection = make_connection(jit="create", saml_entity_id="https://idp.example.com/saml", **policies)
    return jit_identity(connection, "joan@example.net", last_login_at=at).user


def test_page_answers_four_questions_separately() -> None:
    """Can sign in, account active, live sessions and who manages it are four lines, none left out (C24)."""
    user = push(make_connection("acme"), "ada@example.com").identity.user

    page = section(text_of(auditor().get("account_change", account_of(user).pk)), "standing")

    assert re.findall(r'<th scope="row">([^<]+)</th>', page) == [
        "Can sign in", "Account active", "Live sessions", "Managed by",
    ]  # fmt: skip


def test_account_without_a_way_in_is_still_active() -> None:
    """“Cannot sign in” is not “account gone” (C24)."""
    user = push(make_connection("acme"), "ada@example.com").identity.user

    found = answers(user)

    assert (found["signing_in"].icon, found["signing_in"].answer) == ("!", "no way known")
    assert (found["activity"].icon, found["activity"].answer) == ("✓", "Active")


@pytest.mark.parametrize(
    ("policies", "fields", "ways"),
    [
        ({"saml_entity_id": "https://idp.example.com/saml"}, {}, ["single sign-on through Acme"]),
        ({"oidc_issuer": "https://idp.example.com", "oidc_client_id": "app"}, {}, ["single sign-on through Acme"]),
        ({}, {"password": "correct horse"}, ["a password of this application"]),
        ({"saml_entity_id": "https://idp.example.com/saml", "enabled": False}, {}, []),
    ],
)  # fmt: skip
def test_ways_in_are_named(policies: dict[str, Any], fields: dict[str, str], ways: list[str]) -> None:
    """Single sign-on of an enabled connection and a local password are told apart; a disabled one opens nothing."""
    user = jit_identity(
        make_connection("acme", **policies), "joan@example.net", user=local_user("joan", **fields)
    ).user

    found = answers(user)["signing_in"]

    assert found.icon == ("✓" if ways else "!")
    assert all(way in found.reason for way in ways)


def test_offboarded_person_cannot_sign_in_and_the_page_says_since_when() -> None:
    """After a leave the answers are no, Deprovisioned, none known."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    offboard(user)

    found = answers(user)

    assert (found["signing_in"].icon, found["signing_in"].answer) == ("✕", "no")
    assert (found["activity"].icon, found["activity"].answer) == ("✕", "Deprovisioned")
    assert re.search(r"Logins before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC are void", found["activity"].reason)
    assert (found["presence"].icon, found["presence"].answer) == ("✓", "0 known")


def test_user_row_that_disagrees_is_drift() -> None:
    """An account that left while the user row is active is marked, whatever either says."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    set_account(user, state="deprovisioned")

    found = answers(user)["activity"]

    assert (found.icon, found.answer) == ("!", "Deprovisioned")
    assert found.reason.startswith("Drift")


def test_sessions_that_nobody_can_list_are_not_called_none() -> None:
    """On an engine that leaves sessions in the browsers a count would be a guess."""
    user = push(make_connection("acme"), "ada@example.com").identity.user

    assert answers(user, can_list=False)["presence"].answer == "cannot be listed"
    assert answers(user, known=2)["presence"].answer == "2 known"


def test_page_counts_the_sessions_of_the_person(settings: Any) -> None:
    """The number on the page is that of the index; on signed cookies the page says that it cannot know."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    Client().force_login(user)
    key = account_of(user).pk
    listed = section(text_of(auditor().get("account_change", key)), "standing")
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    unlisted = text_of(auditor().get("account_change", key))

    assert "1 known" in listed
    assert "cannot be listed" in section(unlisted, "standing")


def test_login_only_account_says_when_it_was_last_asserted() -> None:
    """It is never called in sync: the date of the last login stands there, and that nobody tells of a leave (N24)."""
    user = asserted(12)
    page = text_of(auditor().get("account_change", account_of(user).pk))

    found = answers(user)["management"]

    date = f"{timezone.now() - timedelta(days=12, hours=1):%Y-%m-%d}"
    assert found.icon == "!"
    assert f"Last asserted {date} by a login, 12 days ago" in found.reason
    assert f"Last asserted {date}" in section(page, "standing")
    assert "in sync" not in page.lower()
    assert "never: logins only" in section(page, "identities")


@pytest.mark.parametrize(("days", "is_over"), [(29, False), (30, True), (31, True)])
def test_exposure_is_held_against_the_policy(days: int, is_over: bool) -> None:
    """A day before, on the day and a day after the limit of the stale-account policy (N3)."""
    user = asserted(days, stale_after_days=30)

    found = answers(user)["management"].reason

    assert f"{days} days ago" in found
    assert ("are over" in found) is is_over
    assert ("waits 30 days" in found) is not is_over


def test_login_only_account_without_a_rule_says_that_nothing_ends_it() -> None:
    """No compensating control is told as such (C6, N9)."""
    assert "No rule of" in answers(asserted(3))["management"].reason


def test_evidence_of_a_pushed_account_is_the_push() -> None:
    """A directory that manages the account speaks up when something changes; a login adds nothing to that."""
    identity = push(make_connection("acme"), "ada@example.com").identity
    account, now = account_of(identity.user), timezone.now() + timedelta(days=40)

    found = evidence_of(account, [identity], now)

    assert found is not None
    assert (found.is_push, found.connection, found.days) == (True, identity.connection, 40)
    assert "It last wrote" in answers(identity.user)["management"].reason


def test_account_that_nobody_vouches_for_says_so() -> None:
    """A local account, and one that was only linked by hand, have no evidence (C8)."""
    user = jit_identity(make_connection("acme"), "joan@example.net").user
    set_account(user, managed_by="none")

    linked = answers(user)["management"].reason
    Identity.objects.filter(user=user).delete()

    assert linked.startswith("Linked here by an administrator")
    assert answers(user)["management"].reason.startswith("No connection vouches")


@pytest.mark.skipif(not HAS_NAMES, reason="this user model has no field for the given name")
def test_deciders_say_who_wins_for_each_attribute() -> None:
    """What was pushed is the directory's, what nobody pushed is ours, and logins have their own rule (C4, N11)."""
    acme = make_connection("acme")
    pushed = push(acme, "ada@example.com", name={"givenName": "Ada"}).identity
    globex = make_connection(
        "globex", oidc_issuer="https://idp.example.com", oidc_client_id="app",
        attribute_sync={"default": "never", "name.givenName": "always"},
    )  # fmt: skip
    login = jit_identity(globex, "joan@example.net", attributes={"name": {"givenName": "Joan"}})

    by_push = {one.attribute: (one.connection, one.rule) for one in deciders_of([pushed], pushed.user)}
    by_login = {one.attribute: (one.connection, one.rule) for one in deciders_of([login], login.user)}
    both = [
        one.connection
        for one in deciders_of([pushed, login], pushed.user)
        if one.attribute == "name.givenName"
    ]

    assert by_push["name.givenName"] == (
        acme,
        "The directory wins: it pushed the value, and a login changes nothing.",
    )
    assert by_push["name.familyName"][0] is None
    assert by_login["name.givenName"][0] == globex
    assert "each login overwrites" in by_login["name.givenName"][1]
    assert "a login never fills it" in by_login["name.familyName"][1]
    assert both == [acme, globex]


def test_timeline_leads_to_request_and_batch() -> None:
    """What happened together can be seen together (N23)."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    facts = {
        "occurred_at": timezone.now(), "type": "account.updated", "phase": "mover", "actor_type": "command",
        "subject_type": "user", "subject_id": str(user.pk),
    }  # fmt: skip
    Event.objects.create(**facts, correlation_id="req 1/2", batch_id="b&c")

    page = section(text_of(auditor().get("account_change", account_of(user).pk)), "events")

    assert f"{url_of('event_changelist')}?correlation_id=req%201%2F2" in page
    assert f"{url_of('event_changelist')}?batch_id=b%26c" in page


def test_account_page_costs_the_same_however_much_there_is() -> None:
    """Two connections, groups, sessions and events cost no query more than one of each."""
    acme = make_connection("acme")
    small, large = (push(acme, f"{name}@example.com").identity for name in ("small", "large"))
    push_group(acme, "Engineering", small, large)
    push_group(acme, "Choir", large)
    jit_identity(make_connection("globex"), "large@example.net", user=large.user)
    for user in (small.user, large.user, large.user):
        Client().force_login(user)
    browser = auditor()
    browser.get("account_change", account_of(small.user).pk)
    counts = []
    for identity in (small, large):
        with CaptureQueriesContext(database) as queries:
            browser.get("account_change", account_of(identity.user).pk)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 14


def test_list_tells_who_can_sign_in_from_who_is_active() -> None:
    """Two columns: an active account without a way in, one with a way, and one that left (C24)."""
    acme = make_connection("acme")
    push(acme, "none@example.com")
    jit_identity(make_connection("globex", saml_entity_id="https://idp.example.com/saml"), "sso@example.com")
    offboard(push(acme, "gone@example.com").identity.user)

    found = auditor().get("account_changelist").context["cl"]

    rows = {
        row.user.get_username(): (row.state, found.model_admin.can_sign_in(row)) for row in found.result_list
    }
    assert rows == {
        "none@example.com": ("active", "! no way known"),
        "sso@example.com": ("active", "✓ yes"),
        "gone@example.com": ("deprovisioned", "✕ no"),
    }


def test_groups_say_where_each_came_from() -> None:
    """Pushed, given to new people by a connection's policy, or this application's own."""
    globex = make_connection("globex", default_groups=["Guests"])
    identity = push(globex, "joan@example.net").identity
    push_group(globex, "Engineering", identity)
    for name in ("Guests", "Choir"):
        make_group(name, identity.user)

    page = section(text_of(auditor().get("account_change", account_of(identity.user).pk)), "groups")

    rows = dict(re.findall(r'<th scope="row">([^<]+)</th><td>(.*?)</td>', page))
    assert rows["Choir"] == "this application"
    assert rows["Guests"] == "this application; Globex puts new people into it"
    assert "Globex</a>" in rows["Engineering"]
