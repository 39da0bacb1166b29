"""Correlation refuses to guess: nobody gets another person's account by a name or an address."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.exceptions import AmbiguousMatch, LinkRefused, ProvisioningError
from django_provisioning.lifecycle import connections, leave
from django_provisioning.mapping.fields import user_map
from django_provisioning.models import Account, Connection
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    account_of,
    event_types,
    fresh,
    jit_identity,
    local_user,
    login_of,
    on_locked,
    push,
    push_move,
)

pytestmark = pytest.mark.django_db

ADDRESS = "ada@example.com"
EMAILS = [{"value": ADDRESS, "primary": True}]


def connection_of(linking: str, *, domain: str = "", **policies: Any) -> Connection:
    """Make a connection with a linking policy and perhaps a verified domain."""
    connection = make_connection(linking=linking, **policies)
    if domain:
        connections.verify_domain(make_context(connection), connection, domain)
    return connection


def local_ada(**fields: Any) -> Any:
    """Make a local account that has the address, under a name that nobody pushes."""
    name = ADDRESS if user_map().login_field == "email" else "local.ada"
    return local_user(name, email=ADDRESS, **fields)


def snapshot(user: Any) -> dict[str, Any]:
    """Give every column of a user."""
    return {field.attname: getattr(fresh(user), field.attname) for field in user._meta.concrete_fields}


def test_push_of_a_local_name_is_refused_by_default() -> None:
    """SECURITY §1 rows 3, 4, 11: a local account is never adopted silently; nothing of it changes."""
    user = local_user("ada")
    before = snapshot(user)

    with pytest.raises(LinkRefused, match="does not link"):
        push(connection_of("never"), login_of("ada"), name={"givenName": "Mallory"}, emails=EMAILS)

    assert snapshot(user) == before
    assert event_types() == []


@pytest.mark.skipif(get_user_model().USERNAME_FIELD == "email", reason="the address is the login name here")
@pytest.mark.parametrize("linking", ["never", "verified_email"])
def test_push_of_a_local_address_never_adopts(linking: str) -> None:
    """SECURITY §1 rows 3–5: e-mail equality alone links nothing and rewrites nothing."""
    user = local_ada()
    before = snapshot(user)

    outcome = _refusal_or_kind(connection_of(linking), "mallory", emails=EMAILS)

    assert outcome in ("created", "link_refused")
    assert snapshot(user) == before
    assert not user.provisioning_identities.exists()


def _refusal_or_kind(connection: Connection, user_name: str, **attributes: Any) -> str:
    try:
        return push(connection, user_name, **attributes).kind
    except ProvisioningError as error:
        return error.reason


def test_push_of_a_verified_address_links_where_the_policy_says_so() -> None:
    """The local account keeps its key and its login name; origin manual, managed by SCIM, event linked."""
    connection = connection_of("verified_email", domain="example.com")
    user = local_ada()
    login_name = user.get_username()

    outcome = push(connection, "ada.king", emails=EMAILS, name={"givenName": "Ada"})

    account = account_of(user)
    assert outcome.kind == "linked"
    assert outcome.identity.user_id == user.pk
    assert (account.origin, account.managed_by) == (Account.Origin.MANUAL, Account.ManagedBy.SCIM)
    assert fresh(user).get_username() == login_name
    assert fresh(user).first_name == "Ada"
    assert event_types() == ["account.linked"]


@pytest.mark.parametrize(
    ("linking", "domain"),
    [("verified_email", ""), ("verified_email", "example.org"), ("verified_email", "ple.com")],
    ids=["no domain", "other domain", "suffix of the domain"],
)
def test_push_of_an_address_outside_the_verified_domains_is_refused(linking: str, domain: str) -> None:
    """SECURITY §1 rows 5, 27: only a verified domain of this very connection speaks for an address."""
    user = local_ada()

    with pytest.raises(LinkRefused, match="no domain verified"):
        push(connection_of(linking, domain=domain), "ada.king", emails=EMAILS)

    assert not user.provisioning_identities.exists()


def test_push_of_an_address_in_another_tenants_domain_is_refused() -> None:
    """A domain verified for one connection says nothing for another."""
    connection_of("verified_email", domain="example.com")
    local_ada()

    with pytest.raises(LinkRefused):
        push(connection_of("verified_email"), "ada.king", emails=EMAILS)


def test_push_of_a_local_name_without_the_address_is_no_proof() -> None:
    """Under verified_email the name alone links nothing: the pushed address must be the account's own."""
    local_user("ada", email="ada@example.com" if user_map().login_field != "email" else "")
    connection = connection_of("verified_email", domain="example.com")

    with pytest.raises(LinkRefused):
        push(connection, login_of("ada"), emails=[{"value": "mallory@example.com"}])


def test_push_under_trusted_links_by_name_or_address() -> None:
    """A single tenant may trust its directory for both."""
    connection = connection_of("trusted")
    named, addressed = local_user("ada"), local_user("bob.local", email="bob@example.com")
    address = "bob@example.com" if user_map().login_field != "email" else addressed.get_username()

    one = push(connection, login_of("ada"))
    other = push(connection, "bob", emails=[{"value": address.upper()}])

    assert (one.kind, one.identity.user_id) == ("linked", named.pk)
    assert (other.kind, other.identity.user_id) == ("linked", addressed.pk)


@pytest.mark.parametrize("linking", ["verified_email", "trusted"])
@pytest.mark.parametrize(
    "fields",
    [{"is_staff": True}, {"is_superuser": True}, {"password": "Longest-0ne"}],
    ids=["staff", "superuser", "password"],
)
def test_push_never_links_an_account_with_rights_or_a_password(linking: str, fields: dict[str, Any]) -> None:
    """SECURITY §1 rows 1, 3: mutable claims alone never reach such an account, whatever the policy."""
    user = local_ada(**fields)
    before = snapshot(user)

    with pytest.raises(LinkRefused, match="password or with admin rights"):
        push(connection_of(linking, domain="example.com"), "ada.king", emails=EMAILS)

    assert snapshot(user) == before


def test_push_never_links_a_break_glass_account() -> None:
    """Protected accounts are not linked either."""
    user = local_ada()
    Account.objects.create(
        user=user, origin="manual", state="active", kind="break_glass", created_at=make_context().now
    )

    with pytest.raises(ProvisioningError):
        push(connection_of("trusted"), "ada.king", emails=EMAILS)

    assert not user.provisioning_identities.exists()


@pytest.mark.skipif(get_user_model().USERNAME_FIELD == "email", reason="e-mail addresses are unique here")
def test_push_of_an_address_of_two_accounts_is_refused() -> None:
    """Two matches are none: guessing would hand one person's account to another."""
    local_user("one", email=ADDRESS)
    local_user("two", email=ADDRESS)

    with pytest.raises(AmbiguousMatch):
        push(connection_of("trusted"), "ada.king", emails=EMAILS)


@pytest.mark.skipif(get_user_model().USERNAME_FIELD == "email", reason="name and address are one here")
def test_push_whose_name_and_address_are_two_people_is_refused() -> None:
    """The userName of one local account and the address of another: nobody knows who is meant."""
    local_user("ada", email="ada.first@example.com")
    local_user("other", email=ADDRESS)

    with pytest.raises(AmbiguousMatch):
        push(connection_of("trusted"), "ada", emails=EMAILS)


def test_push_whose_keys_are_two_people_of_the_connection_is_refused() -> None:
    """UserName of one login-made account, externalId of another."""
    connection = make_connection()
    jit_identity(connection, "ada")
    jit_identity(connection, "bob", external_id="x-2")

    with pytest.raises(AmbiguousMatch):
        push(connection, "ada", externalId="x-2")


@pytest.mark.parametrize("linking", ["never", "verified_email", "trusted"])
def test_push_of_another_tenants_name_makes_an_account_of_its_own(linking: str) -> None:
    """SECURITY §1 rows 2, 12: no 409 tells of the other tenant; the IdP reads the name that it sent."""
    theirs = push(make_connection(), login_of("ada"), emails=EMAILS).identity
    connection = connection_of(linking, domain="example.com" if linking == "verified_email" else "")

    outcome = push(connection, login_of("ada"), emails=EMAILS)

    assert outcome.kind == "created"
    assert outcome.identity.user_id != theirs.user_id
    assert outcome.identity.user_name == login_of("ada")
    assert connection.slug in fresh(outcome.identity.user).get_username()


@pytest.mark.parametrize("external_id", ["1", "{pk}", "{scim_id}", "{user_name}"])
def test_external_id_is_opaque(external_id: str) -> None:
    """SECURITY §1 row 1: an externalId that looks like a key, an id or a name reaches nobody."""
    theirs = push(make_connection(), login_of("ada")).identity
    value = external_id.format(pk=theirs.user_id, scim_id=theirs.scim_id, user_name=theirs.user_name)

    outcome = push(make_connection(linking="trusted"), login_of("bob"), externalId=value)

    assert outcome.kind == "created"
    assert outcome.identity.user_id != theirs.user_id


@pytest.mark.parametrize("spelling", ["ａda", "ADA", "Ada"])
def test_push_of_a_look_alike_of_a_superuser_does_not_reach_it(spelling: str) -> None:
    """A spelling that folds or normalises to a privileged local name is refused or is somebody else."""
    user = local_user("ada", is_superuser=True, is_staff=True)
    before = snapshot(user)

    outcome = _refusal_or_kind(connection_of("trusted"), login_of(spelling))

    assert outcome in ("created", "link_refused")
    assert snapshot(user) == before
    assert not user.provisioning_identities.exists()


def test_move_of_an_address_to_that_of_a_local_account_takes_nothing() -> None:
    """SECURITY §1 row 3: a later change of attributes never turns into a link."""
    connection = connection_of("trusted")
    identity = push(connection, "mallory").identity
    user = local_ada()
    before = snapshot(user)

    push_move(identity, "mallory", emails=EMAILS)

    assert fresh(identity).user_id != user.pk
    assert snapshot(user) == before


def test_move_to_a_local_name_gets_another_login_name() -> None:
    """A rename onto a local account's name changes what the IdP sees, not who owns the login name."""
    connection = make_connection()
    identity = push(connection, login_of("bob")).identity
    user = local_user("ada")

    push_move(identity, login_of("ada"))

    assert fresh(identity).user_name == login_of("ada")
    assert fresh(identity.user).get_username() != user.get_username()


def test_push_of_a_name_whose_local_account_left_is_refused_or_new() -> None:
    """The account of somebody whom another tenant deleted is not picked up by this one."""
    theirs = push(make_connection(), login_of("ada")).identity
    on_locked(theirs, leave.delete)

    outcome = push(connection_of("trusted"), login_of("ada"))

    assert outcome.kind == "created"
    assert outcome.identity.user_id != theirs.user_id
    assert not fresh(theirs.user).is_active
