"""Constraints that the database itself holds, on every database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_provisioning.models import (
    Account,
    AttributeValue,
    Connection,
    ConnectionDomain,
    Event,
    GroupLink,
    GroupNesting,
    Identity,
    PendingRevocation,
)
from django_provisioning.models.membership import group_model
from tests.factories import make_connection
from tests.lifecycle.people import local_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LONG_AGO = NOW.replace(year=2001)


def identity(connection: Connection, user: Any, number: int, **values: Any) -> Identity:
    """Insert an identity past all code of the lifecycle."""
    fields = {
        "scim_id": f"id-{number}", "user_name": f"user{number}", "user_name_key": f"user{number}",
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Identity.objects.create(connection=connection, user=user, **{**fields, **values})


def group_link(connection: Connection, number: int, **values: Any) -> GroupLink:
    """Insert a group link past all code of the lifecycle."""
    group = group_model()._base_manager.create(name=f"group {number}")
    fields = {
        "group": group, "scim_id": f"g-{number}", "display_name": f"group {number}",
        "display_name_key": f"group {number}", "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return GroupLink.objects.create(connection=connection, **{**fields, **values})


def refused(write: Any) -> bool:
    """Whether the database refuses a write."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False


KEYS = {
    "scim_id": {"scim_id": "same"},
    "user_name_key": {"user_name_key": "same"},
    "external_id": {"external_id": "same"},
    "subject": {"subject": "same"},
}


@pytest.mark.parametrize("key", KEYS)
def test_identity_key_is_unique_among_the_living_of_a_connection(key: str) -> None:
    """SECURITY §0.4: two requests at the same moment cannot both win."""
    connection, other = make_connection(), make_connection()
    users = [local_user(f"u{number}") for number in range(3)]
    identity(connection, users[0], 0, **KEYS[key])

    same = refused(lambda: identity(connection, users[1], 1, **KEYS[key]))
    elsewhere = refused(lambda: identity(other, users[2], 2, **KEYS[key]))

    assert same
    assert not elsewhere


@pytest.mark.parametrize("key", ["user_name_key", "external_id", "subject"])
def test_identity_key_of_a_tombstone_is_free_and_many_may_share_it(key: str) -> None:
    """Any number of the dead and one of the living have a key."""
    connection = make_connection()
    dead = {**KEYS[key], "live": None, "deleted_at": NOW}
    identity(connection, local_user("u1"), 1, **dead)
    identity(connection, local_user("u2"), 2, **dead)

    living = refused(lambda: identity(connection, local_user("u3"), 3, **KEYS[key]))
    second = refused(lambda: identity(connection, local_user("u4"), 4, **KEYS[key]))

    assert not living
    assert second


def test_identity_scim_id_of_a_tombstone_is_never_given_again() -> None:
    """An id answers 404 for ever (RFC 7643 §3.1: not reassigned)."""
    connection = make_connection()
    identity(connection, local_user("u1"), 1, scim_id="same", live=None, deleted_at=NOW)

    assert refused(lambda: identity(connection, local_user("u2"), 2, scim_id="same"))


def test_identity_without_external_id_or_subject_collides_with_nobody() -> None:
    """NULL is no value."""
    connection = make_connection()
    identity(connection, local_user("u1"), 1)

    assert not refused(lambda: identity(connection, local_user("u2"), 2))


def test_user_has_one_live_identity_in_a_connection() -> None:
    """And any number of tombstones."""
    connection, user = make_connection(), local_user("u1")
    identity(connection, user, 1, live=None, deleted_at=NOW)
    identity(connection, user, 2)

    assert refused(lambda: identity(connection, user, 3))
    assert not refused(lambda: identity(connection, user, 4, live=None, deleted_at=NOW))


@pytest.mark.parametrize(
    "values",
    [
        {"live": True, "deleted_at": LONG_AGO},
        {"live": None, "deleted_at": None},
        {"live": False, "deleted_at": LONG_AGO},
        {"live": False, "deleted_at": None},
        {"scim_id": ""},
    ],
    ids=["living and deleted", "neither", "false and deleted", "false", "no id"],
)
def test_identity_is_living_or_deleted(values: dict[str, Any]) -> None:
    """No third state, and no empty id; a change by SQL is refused like an insert."""
    connection = make_connection()
    row = identity(connection, local_user("u0"), 0)

    assert refused(lambda: identity(connection, local_user("u1"), 1, **values))
    assert refused(lambda: Identity.objects.filter(pk=row.pk).update(**values))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", "magic"),
        ("origin", ""),
        ("state", "zombie"),
        ("state", ""),
        ("state", "Active"),
    ],
)
def test_account_origin_and_state_are_known_words(field: str, value: str) -> None:
    """A misspelt word never reaches a dashboard, not by an UPDATE either."""
    user = local_user("u1")
    fields = {"user": user, "origin": "scim", "state": "active", "created_at": NOW}

    assert refused(lambda: Account.objects.create(**{**fields, field: value}))
    Account.objects.create(**fields)
    assert refused(lambda: Account.objects.filter(user=user).update(**{field: value}))


@pytest.mark.parametrize("origin", Account.Origin.values)
@pytest.mark.parametrize("state", Account.State.values)
def test_account_takes_every_word_of_the_model(origin: str, state: str) -> None:
    """The constraint and the choices are the same list."""
    row = Account.objects.create(user=local_user("u1"), origin=origin, state=state, created_at=NOW)

    assert row.pk


def test_user_has_one_account() -> None:
    """One to one."""
    user = local_user("u1")
    fields = {"user": user, "origin": "scim", "state": "active", "created_at": NOW}
    Account.objects.create(**fields)

    assert refused(lambda: Account.objects.create(**fields))


@pytest.mark.parametrize("key", ["scim_id", "external_id", "display_name_key"])
def test_group_link_key_is_unique_in_a_connection(key: str) -> None:
    """Per connection, not beyond."""
    connection, other = make_connection(), make_connection()
    group_link(connection, 1, **{key: "same"})

    assert refused(lambda: group_link(connection, 2, **{key: "same"}))
    assert not refused(lambda: group_link(other, 3, **{key: "same"}))


def test_django_group_has_one_owner() -> None:
    """Two connections never own one group."""
    link = group_link(make_connection(), 1)

    assert refused(lambda: group_link(make_connection(), 2, group=link.group))


def test_group_is_never_in_itself_and_once_in_another() -> None:
    """Nesting is a set without loops of one."""
    connection = make_connection()
    parent, child = group_link(connection, 1), group_link(connection, 2)
    GroupNesting.objects.create(parent=parent, child=child)

    assert refused(lambda: GroupNesting.objects.create(parent=parent, child=child))
    assert refused(lambda: GroupNesting.objects.create(parent=parent, child=parent))


def test_attribute_value_has_one_owner_and_one_place() -> None:
    """A row belongs to an identity or to a group link, and a leaf is stored once."""
    connection = make_connection()
    person, link = identity(connection, local_user("u1"), 1), group_link(connection, 1)
    leaf = {"root": "title", "position": 0, "sub": ""}
    AttributeValue.objects.create(identity=person, **leaf)
    AttributeValue.objects.create(group_link=link, **leaf)

    assert refused(lambda: AttributeValue.objects.create(identity=person, **leaf))
    assert refused(lambda: AttributeValue.objects.create(group_link=link, **leaf))
    assert refused(lambda: AttributeValue.objects.create(**leaf))
    assert refused(
        lambda: AttributeValue.objects.create(identity=person, group_link=link, **{**leaf, "position": 1})
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "same"), ("saml_entity_id", "https://idp.example.com/saml")],
)
def test_connection_key_is_unique(field: str, value: str) -> None:
    """SECURITY §1 row 26: no second tenant registers the same IdP."""
    Connection.objects.create(**{"slug": "one", "name": "One", "created_at": NOW, field: value})

    assert refused(
        lambda: Connection.objects.create(**{"slug": "two", "name": "Two", "created_at": NOW, field: value})
    )


def test_issuer_is_shared_only_under_different_clients() -> None:
    """An OIDC connection is (issuer, client id)."""
    oidc = {"oidc_issuer": "https://idp.example.com", "name": "x", "created_at": NOW}
    Connection.objects.create(slug="one", oidc_client_id="a", **oidc)

    assert refused(lambda: Connection.objects.create(slug="two", oidc_client_id="a", **oidc))
    assert not refused(lambda: Connection.objects.create(slug="three", oidc_client_id="b", **oidc))


def test_verified_domain_has_one_owner() -> None:
    """SECURITY §1 row 27: many may claim a domain, one has it."""
    one, other = make_connection(), make_connection()
    ConnectionDomain.objects.create(connection=one, domain="example.com", verified_domain="example.com")
    claim = ConnectionDomain.objects.create(connection=other, domain="example.com")

    assert refused(lambda: ConnectionDomain.objects.filter(pk=claim.pk).update(verified_domain="example.com"))


def test_pending_revocation_is_one_per_revoker() -> None:
    """What is open is open once."""
    user = local_user("u1")
    fields = {"user": user, "revoker": "sessions", "created_at": NOW, "next_attempt_at": NOW}
    PendingRevocation.objects.create(**fields)

    assert refused(lambda: PendingRevocation.objects.create(**fields))


@pytest.mark.parametrize("values", [{"actor_type": ""}, {"type": ""}])
def test_event_has_an_actor_and_a_type(values: dict[str, str]) -> None:
    """C23: the database refuses a row that nobody caused."""
    fields = {"type": "x", "actor_type": "scim", "phase": "other", "subject_type": "user", "occurred_at": NOW}

    assert refused(lambda: Event.objects.create(**{**fields, **values}))
    assert refused(lambda: Event.objects.bulk_create([Event(**{**fields, **values})]))
