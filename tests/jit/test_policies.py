"""The policies of a connection, each seen through real logins by both protocols (DESIGN §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from django_provisioning.lifecycle import connections
from django_provisioning.models import Connection, Event, Identity
from tests.factories import make_connection, make_context
from tests.jit.browser import Browser
from tests.jit.doors import Door, OidcDoor, make_person
from tests.jit.scenes import directory_of, identity_of, refusal
from tests.lifecycle.people import group_names, local_user, push_group

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("jit", "reason"), [("off", "jit_disabled"), ("link_only", "jit_link_only")])
def test_stranger_is_refused_unless_the_connection_makes_accounts(door: Door, jit: str, reason: str) -> None:
    """Only ``create`` makes accounts at login (C3)."""
    door.connect(jit=jit)

    page = door.log_in(make_person())

    assert refusal(page).reason == reason
    assert not get_user_model()._base_manager.exists()


def test_known_person_is_let_in_although_jit_was_turned_off(door: Door, browser: Browser) -> None:
    """Turning just-in-time off stops new accounts, not the people who have one."""
    connection = door.connect()
    door.log_in(make_person())
    connections.configure(make_context(connection), connection, jit="off")

    page = door.log_in(make_person(), browser)

    assert page.status == 200
    assert browser.whoami() is not None


@pytest.mark.parametrize(
    ("sync", "first_name", "last_name"),
    [
        ({"default": "never"}, "Ada", ""),
        ({"default": "empty_only"}, "Ada", "Lake"),
        ({"default": "always"}, "Eve", "Lake"),
        ({"default": "never", "name.givenName": "always"}, "Eve", ""),
        ({"name.givenName": "empty_only", "name.familyName": "never"}, "Ada", ""),
    ],
)
def test_later_login_brings_what_the_sync_rules_let_in(
    door: Door, sync: dict[str, str], first_name: str, last_name: str
) -> None:
    """Each attribute follows its own rule, or the default (C4)."""
    connection = door.connect(attribute_sync=sync)
    door.log_in(make_person(given_name="Ada", family_name=""))

    door.log_in(make_person(given_name="Eve", family_name="Lake"))

    user = identity_of(connection, "ada.marsh").user
    assert (user.first_name, user.last_name) == (first_name, last_name)


def test_claim_that_is_no_longer_sent_leaves_its_attribute(door: Door) -> None:
    """Silence of the IdP empties nothing."""
    connection = door.connect(attribute_sync={"default": "always"})
    door.log_in(make_person())

    door.log_in(make_person(email="", given_name="", family_name=""))

    user = identity_of(connection, "ada.marsh").user
    assert (user.email, user.first_name) == ("ada.marsh@example.com", "Ada")


def test_local_edit_survives_a_login_that_never_syncs(door: Door) -> None:
    """An attribute that is never synced keeps what an administrator made of it (C4)."""
    connection = door.connect(attribute_sync={"default": "always", "name.givenName": "never"})
    door.log_in(make_person())
    get_user_model()._base_manager.update(first_name="Edited")

    door.log_in(make_person(given_name="Claimed"))

    assert identity_of(connection, "ada.marsh").user.first_name == "Edited"


@pytest.mark.parametrize(
    ("required", "more", "is_let_in"),
    [
        ({"department": []}, {"department": ["Sales"]}, True),
        ({"department": []}, {}, False),
        ({"department": ["Sales", "Legal"]}, {"department": ["Legal"]}, True),
        ({"department": ["Sales"]}, {"department": ["Marketing"]}, False),
        ({"department": ["Sales"]}, {"department": ["sales"]}, False),
    ],
)
def test_required_claims_decide_who_is_let_in(
    door: Door, required: dict[str, list[str]], more: dict[str, Any], *, is_let_in: bool
) -> None:
    """A required claim must be there and, where values are listed, have one of them."""
    door.connect(required_claims=required)

    page = door.log_in(make_person(more=more))

    if is_let_in:
        assert page.status == 200
    else:
        assert refusal(page).reason == "required_claim"


@pytest.mark.parametrize(
    ("email", "is_let_in"),
    [
        ("ada@example.com", True),
        ("ada@EXAMPLE.com", True),
        ("ada@sub.example.com", False),
        ("ada@example.com.example.net", False),
        ("ada@ｅxample.com", False),
        ("", False),
    ],
)
def test_allowed_domains_decide_who_is_let_in(door: Door, email: str, *, is_let_in: bool) -> None:
    """The domain of the asserted address must be one of the connection's, exactly."""
    door.connect(allowed_email_domains=["Example.com"])

    page = door.log_in(make_person(email=email))

    if is_let_in:
        assert page.status == 200
    else:
        assert refusal(page).reason == "email_domain"


def test_default_groups_are_given_to_new_accounts_only(door: Door) -> None:
    """A new account starts in the default groups; who was taken out of one stays out."""
    Group.objects.create(name="Everybody")
    connection = door.connect(default_groups=["Everybody", "Nowhere"])
    door.log_in(make_person())
    user = identity_of(connection, "ada.marsh").user
    assert group_names(user) == ["Everybody"]
    user.groups.clear()

    door.log_in(make_person())

    assert group_names(user) == []


@pytest.mark.parametrize(
    ("sync", "expected"),
    [
        ("off", ["Engineers", "Local"]),
        ("additive", ["Engineers", "Local", "Pilots"]),
        ("authoritative", ["Local", "Pilots"]),
    ],
)
def test_group_claims_change_only_groups_that_the_connection_owns(
    door: Door, sync: str, expected: list[str]
) -> None:
    """Groups of other owners are neither given nor taken by a claim, whatever it names (C38, N11)."""
    connection = door.connect()
    door.log_in(make_person())
    identity = identity_of(connection, "ada.marsh")
    push_group(connection, "Engineers")
    push_group(connection, "Pilots")
    push_group(make_connection(), "Foreign")
    Group.objects.create(name="Admins")
    identity.user.groups.add(Group.objects.create(name="Local"), Group.objects.get(name="Engineers"))
    connections.configure(make_context(connection), connection, group_sync=sync)

    door.log_in(make_person(groups=("pilots", "Foreign", "Admins", "Nowhere")))

    assert group_names(identity.user) == expected


@pytest.mark.parametrize("groups", [None, ()])
def test_authoritative_groups_are_emptied_only_when_the_idp_speaks_of_groups(
    oidc: OidcDoor, groups: tuple[str, ...] | None
) -> None:
    """An empty list takes the groups away; saying nothing of groups leaves them."""
    connection = oidc.connect(group_sync="authoritative")
    push_group(connection, "Engineers")
    oidc.log_in(make_person(groups=("Engineers",)))
    user = identity_of(connection, "ada.marsh").user
    assert group_names(user) == ["Engineers"]

    oidc.log_in(make_person(groups=groups))

    assert group_names(user) == (["Engineers"] if groups is None else [])


def test_privilege_rules_grant_and_withdraw_by_explicit_group(
    door: Door, browsers: Callable[[], Browser]
) -> None:
    """With manages_privileged a listed group grants the flag, and its absence withdraws it."""
    connection = door.connect(manages_privileged=True, privilege_rules={"Operators": "staff"})
    door.log_in(make_person(groups=("Operators",)))
    assert identity_of(connection, "ada.marsh").user.is_staff

    door.log_in(make_person(groups=("Others",)))

    user = identity_of(connection, "ada.marsh").user
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert Event.objects.filter(type__startswith="privilege.").count() == 2


@pytest.mark.parametrize("group", ["Operators", "is_staff", "superuser", "admin"])
def test_no_claim_grants_a_privilege_without_manages_privileged(door: Door, group: str) -> None:
    """Rules alone do nothing, and claims named like flags do nothing ever."""
    connection = door.connect(privilege_rules={"Operators": "superuser"}, group_sync="authoritative")
    more = {"is_staff": ["true"], "is_superuser": ["true"], "user_permissions": ["auth.add_user"]}

    door.log_in(make_person(groups=(group,), more=more))
    door.log_in(make_person(groups=(group,), more=more))

    user = identity_of(connection, "ada.marsh").user
    assert (user.is_staff, user.is_superuser, user.user_permissions.count()) == (False, False, 0)


def test_known_account_that_became_staff_logs_in_unchanged(door: Door, browser: Browser) -> None:
    """Who was bound before being made staff still logs in, but no claim changes the account any more."""
    connection = door.connect(attribute_sync={"default": "always"}, group_sync="authoritative")
    push_group(connection, "Engineers")
    door.log_in(make_person())
    get_user_model()._base_manager.update(is_staff=True)

    page = door.log_in(make_person(given_name="Eve", email="eve@example.com", groups=("Engineers",)), browser)

    user = identity_of(connection, "ada.marsh").user
    assert page.status == 200
    assert (user.first_name, user.email, group_names(user)) == ("Ada", "ada.marsh@example.com", [])


def test_pushed_staff_account_is_never_bound_by_its_name(door: Door) -> None:
    """An account that became staff before its first login is not handed to whoever has the name."""
    connection = door.connect()
    directory_of(connection).create_user("ada.marsh")
    get_user_model()._base_manager.update(is_staff=True)

    page = door.log_in(make_person())

    assert refusal(page).reason == "privileged_account"
    assert identity_of(connection, "ada.marsh").subject is None


def test_seat_limit_refuses_the_next_stranger_only(door: Door) -> None:
    """No seat is free: nobody new is made, and those who have one still log in."""
    connection = door.connect(seat_limit=1)
    door.log_in(make_person("ada.marsh"))

    stranger = door.log_in(make_person("bo.lindgren"))
    known = door.log_in(make_person("ada.marsh"))

    assert refusal(stranger).reason == "seat_limit"
    assert "no free seat" in stranger.text
    assert known.status == 200
    assert Identity.objects.filter(connection=connection).count() == 1


def test_seat_limit_counts_a_linked_local_account_too(door: Door) -> None:
    """Linking takes a seat as well."""
    door.connect(seat_limit=1, linking="trusted")
    local_user("bo.lindgren")
    door.log_in(make_person("ada.marsh"))

    page = door.log_in(make_person("bo.lindgren"))

    assert refusal(page).reason == "seat_limit"


def test_disabled_connection_lets_nobody_in(door: Door) -> None:
    """A disabled connection refuses also those whom it knows."""
    connection = door.connect()
    door.log_in(make_person())
    connections.configure(make_context(connection), connection, enabled=False)

    page = door.log_in(make_person())

    assert refusal(page).reason == "connection_disabled"


def test_provider_without_a_connection_lets_nobody_in(door: Door) -> None:
    """The libraries trust the provider, but no connection does."""
    page = door.log_in(make_person())

    assert refusal(page).reason == "unknown_connection"
    assert not Connection.objects.exists()
    assert not get_user_model()._base_manager.exists()


def test_name_of_another_tenant_gets_a_suffix(door: Door, browser: Browser) -> None:
    """The same user name under two connections makes two accounts."""
    other = make_connection("globex")
    directory_of(other).create_user("ada.marsh")
    connection = door.connect("acme")

    door.log_in(make_person(), browser)

    assert browser.whoami()["username"] == "ada.marsh.acme"  # type: ignore[index]
    assert identity_of(connection, "ada.marsh").user != identity_of(other, "ada.marsh").user
