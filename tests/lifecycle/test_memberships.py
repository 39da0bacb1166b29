"""Memberships by deltas: who is added, who is left out, who is never touched, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.db.models import Q
from django.db.models.signals import m2m_changed
from django.test.utils import CaptureQueriesContext

from django_provisioning.lifecycle import memberships
from django_provisioning.mapping.filters import member_filter
from django_provisioning.models import GroupLink, Identity
from django_provisioning.models.membership import membership_table
from django_provisioning.protocol.core_schemas import GROUP
from django_provisioning.protocol.filters import parse_value_filter
from tests.factories import make_connection
from tests.lifecycle.people import add_by_hand, group_names, local_user, push, push_group, push_move

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> GroupLink:
    """An empty group of a new connection."""
    return push_group(make_connection(), "engine")


def people(link: GroupLink, *names: str) -> list[Identity]:
    """Push people of the group's connection."""
    return [push(link.connection, name).identity for name in names]


def ids(*identities: Identity) -> list[str]:
    """Give their SCIM ids."""
    return [identity.scim_id for identity in identities]


def users_in(link: GroupLink) -> set[Any]:
    """Read the members of the Django group, whoever put them there."""
    table = membership_table()
    return set(table.rows.filter(**{table.group: link.group_id}).values_list(table.user_id, flat=True))


@pytest.fixture
def heard() -> Iterator[list[tuple[str, Any, bool, frozenset[Any]]]]:
    """Collects what Django's own m2m_changed says of memberships."""
    found: list[tuple[str, Any, bool, frozenset[Any]]] = []

    def receive(action: str, instance: Any, reverse: bool, pk_set: set[Any], **_: Any) -> None:
        found.append((action, instance, reverse, frozenset(pk_set)))

    through = membership_table().through
    m2m_changed.connect(receive, sender=through)
    yield found
    m2m_changed.disconnect(receive, sender=through)


def test_add_adds_each_once_and_says_whom(link: GroupLink) -> None:
    """Present ones and repetitions change nothing."""
    ada, bob = people(link, "ada", "bob")
    memberships.add(link, ids(ada))

    delta = memberships.add(link, ids(bob, ada, bob))

    assert delta.added == ids(bob)
    assert users_in(link) == {ada.user_id, bob.user_id}


def test_remove_of_somebody_who_is_no_member_is_no_error(link: GroupLink) -> None:
    """The delta holds those who went."""
    ada, bob = people(link, "ada", "bob")
    memberships.add(link, ids(ada))

    delta = memberships.remove(link, ids(ada, bob))

    assert delta.removed == ids(ada)
    assert users_in(link) == set()


def test_replace_writes_the_difference(link: GroupLink) -> None:
    """Who stays is neither removed nor added."""
    ada, bob, eve = people(link, "ada", "bob", "eve")
    memberships.add(link, ids(ada, bob))

    delta = memberships.replace(link, ids(bob, eve))

    assert (delta.added, delta.removed) == (ids(eve), ids(ada))
    assert users_in(link) == {bob.user_id, eve.user_id}


def test_unknown_members_are_left_out_and_named(link: GroupLink) -> None:
    """An id of another connection, of a tombstone, a primary key and plain nonsense do not exist (C13)."""
    (ada,) = people(link, "ada")
    theirs = push(make_connection(), "bob").identity
    strange = [theirs.scim_id, str(theirs.user_id), "nonsense", theirs.user_name, str(ada.pk)]

    delta = memberships.add(link, [*strange, ada.scim_id])

    assert delta.added == ids(ada)
    assert sorted(delta.unknown) == sorted(strange)
    assert users_in(link) == {ada.user_id}


def test_people_added_by_hand_who_are_strangers_to_the_connection_stay(link: GroupLink) -> None:
    """SECURITY, PEERS §3.21: replace and remove-all never touch somebody the IdP does not know."""
    manual = local_user("manual")
    add_by_hand(manual, link.group)
    (ada,) = people(link, "ada")

    memberships.add(link, ids(ada))
    memberships.replace(link, [])

    assert users_in(link) == {manual.pk}
    assert memberships.current_members(link) == {}


def test_person_added_by_hand_whom_the_connection_knows_can_be_removed(link: GroupLink) -> None:
    """The connection answers for its people in its groups."""
    (ada,) = people(link, "ada")
    add_by_hand(ada.user, link.group)

    delta = memberships.remove(link, ids(ada))

    assert delta.removed == ids(ada)
    assert users_in(link) == set()


@pytest.mark.parametrize(
    ("text", "left"),
    [('value eq "{ada}"', {"bob"}), ('display sw "b"', {"ada"}), ('type eq "User"', set()), ("value pr", set()),
     ('display eq "nobody"', {"ada", "bob"})],
)  # fmt: skip
def test_remove_where_removes_those_that_the_filter_names(link: GroupLink, text: str, left: set[str]) -> None:
    """members[…] in a PATCH path (Entra, Okta), without loading the group."""
    ada, bob = people(link, "ada", "bob")
    memberships.add(link, ids(ada, bob))
    members = GROUP.core_attribute("members")
    assert members
    condition = member_filter(parse_value_filter(text.format(ada=ada.scim_id), members))

    memberships.remove_where(link, condition)

    assert {identity.user_name for identity in (ada, bob) if identity.user_id in users_in(link)} == left


def test_remove_where_of_everything_spares_strangers(link: GroupLink) -> None:
    """A condition that holds for all holds for the connection's people only."""
    manual = local_user("manual")
    add_by_hand(manual, link.group)

    memberships.remove_where(link, Q())

    assert users_in(link) == {manual.pk}


def test_group_in_a_group_is_kept_and_grants_nothing(link: GroupLink) -> None:
    """RFC 7643 §4.2: members may be groups; Django's do not nest. Itself is no member of itself."""
    child = push_group(link.connection, "child")
    theirs = push_group(make_connection(), "theirs")

    delta = memberships.add(link, [child.scim_id, link.scim_id, theirs.scim_id])
    again = memberships.add(link, [child.scim_id])
    gone = memberships.replace(link, [])

    assert delta.added == [child.scim_id]
    assert sorted(delta.unknown) == sorted([link.scim_id, theirs.scim_id])
    assert again.added == []
    assert gone.removed == [child.scim_id]
    assert users_in(link) == set()


@pytest.mark.parametrize("count", [1, 50, 2_100])
def test_cost_of_a_delta_is_counted_in_batches(link: GroupLink, count: int) -> None:
    """DESIGN §5: queries grow with the batches of the request and never with the size of the group (C39)."""
    members = _many(link, count)

    with CaptureQueriesContext(database) as adding:
        memberships.add(link, members)
    with CaptureQueriesContext(database) as adding_one:
        memberships.add(link, members[:1])
    with CaptureQueriesContext(database) as removing:
        memberships.remove(link, members)

    batches = -(-count // 1_000)
    assert len(adding) <= 6 * batches
    assert len(adding_one) <= 5
    assert len(removing) <= 6 * batches
    assert users_in(link) == set()


def _many(link: GroupLink, count: int) -> list[str]:
    model = get_user_model()
    name = model.USERNAME_FIELD
    users = model._default_manager.bulk_create(
        [model(**{name: f"person{number}@example.com"}) for number in range(count)]
    )
    found = {user.get_username(): user for user in model._default_manager.all()} if not users[0].pk else {}
    now = link.created_at
    rows = [
        Identity(
            connection=link.connection, user=found.get(user.get_username(), user), scim_id=f"p{number}",
            user_name=f"p{number}", user_name_key=f"p{number}", scim_managed=True, created_at=now, updated_at=now,
        )
        for number, user in enumerate(users)
    ]  # fmt: skip
    Identity.objects.bulk_create(rows)
    return [row.scim_id for row in rows]


def test_listeners_hear_of_memberships_as_from_the_manager(
    link: GroupLink, heard: list[tuple[str, Any, bool, frozenset[Any]]]
) -> None:
    """Guardian, caches and search indexes listen to m2m_changed: set SQL must not pass them by."""
    (ada,) = people(link, "ada")

    memberships.add(link, ids(ada))
    memberships.add(link, ids(ada))
    memberships.remove(link, ids(ada))

    keys = frozenset({ada.user_id})
    assert heard == [
        ("pre_add", link.group, True, keys),
        ("post_add", link.group, True, keys),
        ("pre_remove", link.group, True, keys),
        ("post_remove", link.group, True, keys),
    ]


def test_listeners_hear_of_a_leave(
    link: GroupLink, heard: list[tuple[str, Any, bool, frozenset[Any]]]
) -> None:
    """A leave withdraws the groups from the user's side."""
    (ada,) = people(link, "ada")
    memberships.add(link, ids(ada))
    heard.clear()

    push_move(ada, "ada", active=False)

    keys = frozenset({link.group_id})
    assert heard == [("pre_remove", ada.user, False, keys), ("post_remove", ada.user, False, keys)]


def test_membership_takes_effect_on_permissions_at_once(link: GroupLink) -> None:
    """C14: what the group may do the person may do on the next look, and no longer after the removal."""
    from django.contrib.auth.models import Permission

    permission = Permission.objects.get(codename="view_event")
    link.group.permissions.add(permission)
    (ada,) = people(link, "ada")

    def may() -> bool:
        user = get_user_model().objects.get(pk=ada.user_id)
        return bool(user.has_perm("django_provisioning.view_event"))

    before = may()
    memberships.add(link, ids(ada))
    between = may()
    memberships.remove(link, ids(ada))

    assert (before, between, may()) == (False, True, False)
    assert group_names(ada.user) == []
