"""The group rule: who is taken out of the required group leaves, who is put back returns, nobody else is touched."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from django_provisioning.lifecycle import groups, leave, rejoin
from django_provisioning.lifecycle.groups import update
from django_provisioning.models import Account, Connection, Event, GroupLink, Identity, Leave
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import account_of, events, fresh, group_names, login_of, push, push_group
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    """Give a connection that requires its group Staff."""
    return make_connection("acme", required_group="staff")


@pytest.fixture
def scim(acme: Connection) -> ScimClient:
    """Speak as its directory."""
    return ScimClient(make_token(acme))


@pytest.fixture
def ada(acme: Connection) -> Identity:
    """Give somebody whom the directory pushed."""
    return push(acme, login_of("ada")).identity


def change(scim: ScimClient, link: GroupLink, *operations: dict[str, Any]) -> None:
    """PATCH a group."""
    response = scim.patch(f"/Groups/{link.scim_id}", list(operations))
    assert response.status_code == 200, response.content


def take_out(*people: Identity) -> dict[str, Any]:
    """Give the operation that removes members."""
    return {"op": "remove", "path": "members", "value": [{"value": one.scim_id} for one in people]}


def put_in(*people: Identity) -> dict[str, Any]:
    """Give the operation that adds members."""
    return {"op": "add", "path": "members", "value": [{"value": one.scim_id} for one in people]}


def is_in(identity: Identity) -> bool:
    """Whether the person has access."""
    return bool(fresh(identity.user).is_active and fresh(identity).active)


@pytest.mark.parametrize("way", ["remove", "remove by value path", "replace", "remove all", "PUT", "DELETE"])
def test_removal_from_the_required_group_ends_access(
    scim: ScimClient, acme: Connection, ada: Identity, way: str
) -> None:
    """CLAIMS, group-based removal: whichever request takes the person out, and only that person."""
    bob = push(acme, login_of("bob")).identity
    link = push_group(acme, "Staff", ada, bob)
    push_group(acme, "engine", ada)
    path = f"/Groups/{link.scim_id}"
    match way:
        case "remove":
            change(scim, link, take_out(ada))
        case "remove by value path":
            change(scim, link, {"op": "remove", "path": f'members[value eq "{ada.scim_id}"]'})
        case "replace":
            change(scim, link, {"op": "replace", "path": "members", "value": [{"value": bob.scim_id}]})
        case "remove all":
            change(scim, link, {"op": "remove", "path": "members"})
        case "PUT":
            schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
            members = [{"value": bob.scim_id}]
            body = {"schemas": schemas, "displayName": "Staff", "members": members}
            assert scim.put(path, body).status_code == 200
        case "DELETE":
            assert scim.delete(path).status_code == 204

    assert not is_in(ada)
    assert is_in(bob) == (way not in ("remove all", "DELETE"))
    assert group_names(ada.user) == []
    event = Event.objects.get(type="account.deactivated", subject_id=str(ada.user_id))
    assert (event.reason, event.actor_type) == ("required_group", "scim")
    assert Leave.objects.get(user=ada.user_id).path == Leave.Path.GROUP_RULE
    assert account_of(ada.user).state == Account.State.DEPROVISIONED


def test_return_to_the_required_group_gives_access_back(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """The rule ended it, so the rule gives it back, with nothing but the group that was pushed."""
    link = push_group(acme, "Staff", ada)
    push_group(acme, "engine", ada)
    change(scim, link, take_out(ada))

    change(scim, link, put_in(ada))

    assert is_in(ada)
    assert group_names(ada.user) == ["Staff"]
    back = events("account.reinstated")[0]
    assert (back.reason, back.actor_type) == ("required_group", "scim")


def test_required_group_that_is_made_anew_lets_its_people_back_in(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """A directory that deletes a group and pushes it again has put its members back."""
    link = push_group(acme, "Staff", ada)
    scim.delete(f"/Groups/{link.scim_id}")

    scim.create_group("Staff", ada.scim_id)

    assert is_in(ada)


def test_remove_and_add_in_one_request_ends_nothing(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """What counts is who is inside afterwards."""
    link = push_group(acme, "Staff", ada)

    change(scim, link, take_out(ada), put_in(ada))

    assert is_in(ada)
    assert not Leave.objects.exists()


def test_other_groups_and_connections_without_a_rule_end_nothing(acme: Connection, ada: Identity) -> None:
    """Only the group of that name, only in the connection that requires it."""
    other = make_connection("globex")
    eve = push(other, login_of("eve")).identity
    theirs, ours = push_group(other, "staff", eve), push_group(acme, "engine", ada)

    change(ScimClient(make_token(other)), theirs, take_out(eve))
    change(ScimClient(make_token(acme)), ours, take_out(ada))

    assert is_in(ada)
    assert is_in(eve)


def test_person_who_never_was_in_the_group_keeps_access(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """Directories push people before their groups."""
    link = push_group(acme, "Staff")

    change(scim, link, take_out(ada))

    assert is_in(ada)


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
def test_active_of_the_directory_does_not_replace_the_group(
    scim: ScimClient, acme: Connection, ada: Identity, verb: str
) -> None:
    """Both have to agree: the statement is noted as skipped, and the IdP still reads inactive."""
    link = push_group(acme, "Staff", ada)
    change(scim, link, take_out(ada))
    if verb == "PATCH":
        body: Any = [{"op": "replace", "path": "active", "value": True}]
        answer = scim.patch(f"/Users/{ada.scim_id}", body).json()
    else:
        document = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login_of("ada")}
        answer = scim.put(f"/Users/{ada.scim_id}", {**document, "active": True}).json()

    assert answer["active"] is False
    assert not is_in(ada)
    skipped = events("account.activated")[-1]
    assert (skipped.outcome, skipped.reason) == (Event.Outcome.SKIPPED, "outside_required_group")


def test_active_of_the_directory_counts_once_the_rule_is_gone(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """An administrator took the rule away: the directory's word is enough again."""
    link = push_group(acme, "Staff", ada)
    change(scim, link, take_out(ada))
    Connection.objects.filter(pk=acme.pk).update(required_group=None)

    scim.patch(f"/Users/{ada.scim_id}", [{"op": "replace", "path": "active", "value": True}])

    assert is_in(ada)
    assert fresh(ada).outside_since is None


@pytest.mark.parametrize("end", ["PATCH", "offboard"])
def test_return_to_the_group_revives_nobody_who_left_otherwise(
    scim: ScimClient, acme: Connection, ada: Identity, end: str
) -> None:
    """C26: what the directory or an administrator ended meanwhile, the rule does not undo."""
    link = push_group(acme, "Staff", ada)
    change(scim, link, take_out(ada))
    if end == "PATCH":
        scim.patch(f"/Users/{ada.scim_id}", [{"op": "replace", "path": "active", "value": False}])
    else:
        # The person holds nothing any more, but vouching could come back.
        Identity.objects.filter(pk=ada.pk).update(active=True)
        leave.offboard(make_context(), fresh(ada.user), reason="left")

    change(scim, link, put_in(ada))

    assert not is_in(ada)


def test_return_to_the_group_does_not_lift_a_suspension(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """The identity is inside again; an administrator's suspension stands until it is lifted."""
    link = push_group(acme, "Staff", ada)
    leave.suspend(
        make_context(), fresh(ada.user), suspension=Account.Suspension.ADMINISTRATOR, reason="inquiry"
    )
    # The suspension has withdrawn the groups: the directory pushes them again.
    change(scim, link, put_in(ada))
    change(scim, link, take_out(ada))
    outside = fresh(ada).outside_since
    change(scim, link, put_in(ada))
    suspended = fresh(ada.user).is_active

    rejoin.reinstate(make_context(), fresh(ada.user), reason="inquiry closed")

    assert outside is not None
    assert not suspended
    assert is_in(ada)


def test_rule_follows_a_rename_of_its_group(scim: ScimClient, acme: Connection, ada: Identity) -> None:
    """A rename takes nobody out, and the rule does not lose its group."""
    link = push_group(acme, "Staff", ada)

    change(scim, link, {"op": "replace", "path": "displayName", "value": "Employees"})
    renamed = is_in(ada), Connection.objects.get(pk=acme.pk).required_group
    change(scim, link, take_out(ada))

    assert renamed == (True, "Employees")
    assert not is_in(ada)


def test_rule_ends_only_this_connections_access_of_a_shared_person(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """Another tenant still vouches."""
    from tests.lifecycle.test_leave import shared

    second = shared(ada.user, make_connection("globex"), login_of("ada"))
    link = push_group(acme, "Staff", ada)

    change(scim, link, take_out(ada))

    assert fresh(ada.user).is_active
    assert (fresh(ada).active, fresh(second).active) == (False, True)


def test_protected_person_is_neither_taken_out_nor_ended(
    scim: ScimClient, acme: Connection, ada: Identity
) -> None:
    """DESIGN §7: a group of an IdP cannot lock staff out."""
    link = push_group(acme, "Staff", ada)
    type(ada.user)._default_manager.filter(pk=ada.user_id).update(is_staff=True)

    change(scim, link, take_out(ada))

    assert is_in(ada)
    assert group_names(ada.user) == ["Staff"]


def test_many_at_once_cost_what_their_leaves_cost_and_raise_one_alarm(acme: Connection) -> None:
    """The rule adds three queries to the whole batch; the mass-leave valve looks once."""
    people = [push(acme, login_of(f"person{number}")).identity for number in range(14)]
    link = push_group(acme, "Staff", *people)

    def cost(*leavers: Identity) -> int:
        from django.db import connection as database

        from django_provisioning.lifecycle import memberships
        from tests.lifecycle.people import group_changes

        locked = groups.locked(make_context(acme), link.scim_id)
        delta = memberships.remove(locked, [one.scim_id for one in leavers])
        with CaptureQueriesContext(
            database,
        ) as queries:
            update(make_context(acme), locked, group_changes("Staff"), delta)
        return len(queries)

    one, twelve = cost(people[0]), cost(*people[1:13])

    each = (twelve - one) / 11
    assert each <= 14
    assert Event.objects.filter(type="breaker.tripped").count() == 1
    assert Leave.objects.count() == 13


def test_member_change_without_a_rule_costs_what_it_did(django_assert_max_num_queries: Any) -> None:
    """DESIGN §8: add or remove a member in at most 8 queries with the token's."""
    connection = make_connection("globex")
    scim = ScimClient(make_token(connection))
    eve = push(connection, login_of("eve")).identity
    link = push_group(connection, "staff", eve)
    scim.get("/Users")  # Stamps the token's last use.

    with django_assert_max_num_queries(12):  # With BEGIN, SAVEPOINTs and COMMIT.
        change(scim, link, take_out(eve))
