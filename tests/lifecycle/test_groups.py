"""Groups: whose a Django group is, what it is called, and what happens to it."""

from __future__ import annotations

from typing import Any

import pytest

from django_provisioning.exceptions import LinkRefused, NotUnique, UnknownResource
from django_provisioning.lifecycle import groups, memberships, transactions
from django_provisioning.lifecycle.memberships import Delta
from django_provisioning.models import Event, GroupLink
from django_provisioning.models.membership import group_model
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    event_types,
    events,
    fresh,
    group_changes,
    group_names,
    make_group,
    push,
    push_group,
)

pytestmark = pytest.mark.django_db


def django_name(link: GroupLink) -> str:
    """Read the name of the Django group."""
    return str(fresh(link.group).name)


def rename(link: GroupLink, name: str, **attributes: Any) -> Event | None:
    """PUT another displayName."""
    context = make_context(link.connection)
    changes = group_changes(name, **attributes)
    return transactions.run(
        lambda: groups.update(context, groups.locked(context, link.scim_id), changes, Delta())
    )


def delete(link: GroupLink) -> Event:
    """DELETE."""
    context = make_context(link.connection)
    return transactions.run(lambda: groups.delete(context, groups.locked(context, link.scim_id)))


def test_create_makes_a_django_group_of_the_name() -> None:
    """One Django group, one link, one event of a mover."""
    link = push_group(make_connection(), "Engine", externalId="g-1")

    event = events("group.created")[0]
    assert django_name(link) == "Engine"
    assert (link.made_group, link.external_id) == (True, "g-1")
    assert (event.phase, event.subject_type, event.scim_id) == ("mover", "group", link.scim_id)
    assert event.changes["displayName"] == {"old": None, "new": "Engine"}


def test_create_with_a_prefix_names_the_django_group_with_it() -> None:
    """The IdP never sees the prefix of the connection."""
    link = push_group(make_connection(group_prefix="acme: "), "Engine")

    assert django_name(link) == "acme: Engine"
    assert link.display_name == "Engine"


@pytest.mark.parametrize("name", ["Engine", "engine", "ＥNGINE"])
def test_create_of_a_name_in_use_in_the_connection_is_refused(name: str) -> None:
    """DisplayName is unique in a connection, in any spelling."""
    connection = make_connection()
    push_group(connection, "Engine")

    with pytest.raises(NotUnique):
        push_group(connection, name)

    assert event_types() == ["group.created"]


def test_create_of_an_external_id_in_use_is_refused() -> None:
    """ExternalId too; the Django group of the refused one is not left behind."""
    connection = make_connection()
    push_group(connection, "Engine", externalId="g-1")

    with pytest.raises(NotUnique):
        push_group(connection, "Other", externalId="g-1")

    assert not group_model()._base_manager.filter(name="Other").exists()


def test_create_of_a_local_name_is_refused() -> None:
    """DESIGN §7: a Django group that no connection owns is never taken over; its members keep it (C38)."""
    user = push(make_connection(), "ada").identity.user
    local = make_group("Admins", user)

    with pytest.raises(LinkRefused, match="prefix"):
        push_group(make_connection(), "Admins")

    assert not GroupLink.objects.filter(group=local).exists()
    assert group_names(user) == ["Admins"]


def test_create_of_a_local_name_with_a_prefix_is_no_clash() -> None:
    """The remedy that the message names works."""
    make_group("Admins")

    link = push_group(make_connection(group_prefix="acme-"), "Admins")

    assert django_name(link) == "acme-Admins"


def test_create_of_another_tenants_name_gets_a_suffix() -> None:
    """No 409 tells of the other tenant; the IdP reads the name that it sent (C38)."""
    theirs = push_group(make_connection("globex"), "Engine")
    link = push_group(make_connection("acme"), "Engine")

    assert django_name(theirs) == "Engine"
    assert django_name(link) == "Engine (acme)"
    assert link.display_name == "Engine"


def test_create_of_a_very_long_name_fits_and_stays_apart() -> None:
    """auth.Group holds 150 characters: what is cut leaves a mark, and two long names stay two."""
    connection = make_connection()
    one, other = push_group(connection, "n" * 200 + "1"), push_group(connection, "n" * 200 + "2")

    assert max(len(django_name(one)), len(django_name(other))) <= 150
    assert django_name(one) != django_name(other)
    assert one.display_name == "n" * 200 + "1"


def test_create_of_a_long_name_that_another_tenant_has_fits() -> None:
    """The suffix counts too."""
    push_group(make_connection(), "n" * 150)
    link = push_group(make_connection("x" * 50), "n" * 150)

    assert len(django_name(link)) <= 150
    assert django_name(link).endswith(")")


def test_rename_moves_the_django_group_along() -> None:
    """One event with old and new; members keep the group."""
    connection = make_connection()
    identity = push(connection, "ada").identity
    link = push_group(connection, "Engine", identity)

    event = rename(link, "Analytical Engine")

    assert django_name(link) == "Analytical Engine"
    assert group_names(identity.user) == ["Analytical Engine"]
    assert event is not None
    assert event.type == "group.updated"
    assert event.changes == {"displayName": {"old": "Engine", "new": "Analytical Engine"}}


def test_rename_to_another_case_is_no_clash_with_itself() -> None:
    """On no collation."""
    link = push_group(make_connection(), "Engine")

    rename(link, "ENGINE")

    assert django_name(link) == "ENGINE"
    assert fresh(link).display_name == "ENGINE"


def test_rename_to_the_same_writes_nothing() -> None:
    """C30."""
    link = push_group(make_connection(), "Engine")

    event = rename(link, "Engine")

    assert event is None
    assert fresh(link).revision == link.revision


@pytest.mark.parametrize(("taken", "error"), [("own", NotUnique), ("local", LinkRefused)])
def test_rename_to_a_taken_name_is_refused(taken: str, error: type[Exception]) -> None:
    """The rules of creation hold for a rename: no path to a local group."""
    connection = make_connection()
    link = push_group(connection, "Engine")
    if taken == "own":
        push_group(connection, "Other")
    else:
        make_group("Other")

    with pytest.raises(error):
        rename(link, "Other")

    assert django_name(link) == fresh(link).display_name == "Engine"


def test_delete_takes_the_django_group_and_counts_the_members() -> None:
    """Nobody keeps what the directory granted."""
    connection = make_connection()
    people = [push(connection, name).identity for name in ("ada", "bob")]
    link = push_group(connection, "Engine", *people)

    event = delete(link)

    assert event.effects == {"members_removed": 2}
    assert group_names(people[0].user) == []
    assert not group_model()._base_manager.exists()
    assert not GroupLink.objects.exists()


def test_delete_of_a_linked_group_keeps_the_django_group() -> None:
    """A group that the push did not make loses the connection's people and stays."""
    connection = make_connection()
    identity = push(connection, "ada").identity
    stranger = push(make_connection(), "bob").identity.user
    link = push_group(connection, "Engine", identity)
    GroupLink.objects.filter(pk=link.pk).update(made_group=False)
    make_group("unrelated", stranger)

    delete(link)

    assert group_model()._base_manager.filter(name="Engine").exists()
    assert group_names(identity.user) == []


def test_group_of_another_connection_is_unknown() -> None:
    """SECURITY §1 row 2: no id reaches across."""
    theirs = push_group(make_connection(), "Engine")

    with pytest.raises(UnknownResource):
        groups.locked(make_context(make_connection()), theirs.scim_id)


def test_name_of_a_deleted_group_is_free() -> None:
    """A new group of the name is a new resource."""
    connection = make_connection()
    first = push_group(connection, "Engine")
    delete(first)

    second = push_group(connection, "Engine")

    assert second.scim_id != first.scim_id
    assert memberships.current_members(second) == {}
