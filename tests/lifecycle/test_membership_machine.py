"""A machine of two tenants: whatever they do to groups, the tables and the trail are those of a model of sets."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from django_provisioning.exceptions import NotUnique, UnknownResource
from django_provisioning.lifecycle import groups, leave, memberships, transactions
from django_provisioning.lifecycle.memberships import Delta
from django_provisioning.mapping.groups import changes_of, document_of, row_of
from django_provisioning.models import Connection, Event, GroupLink, Identity
from django_provisioning.models.membership import membership_table
from tests.factories import make_connection, make_context
from tests.lifecycle.people import add_by_hand, local_user, on_locked, push, push_group, push_move

pytestmark = pytest.mark.django_db

TENANTS = st.sampled_from([0, 1])
NAMES = st.sampled_from(["ada", "bob", "eve", "zoe"])
GROUPS = st.sampled_from(["red", "blue"])
MEMBERS = st.lists(st.tuples(TENANTS, NAMES), max_size=4)
VERBS = st.sampled_from([memberships.add, memberships.remove, memberships.replace])

Key = tuple[int, str]


class Tenants(RuleBasedStateMachine):
    """Two tenants with people and groups of the same names, and one person whom nobody pushed."""

    def __init__(self) -> None:
        super().__init__()
        # A transaction of the machine's own, thrown away at its end.
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.connections: list[Connection] = [make_connection(), make_connection()]
        self.people: dict[Key, Identity] = {}
        self.active: dict[Key, bool] = {}
        self.links: dict[Key, GroupLink] = {}
        self.members: dict[Key, set[str]] = {}
        self.stranger = local_user("stranger")
        self.started = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0

    def teardown(self) -> None:
        """Throw everything away."""
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(tenant=TENANTS, name=NAMES)
    def join(self, tenant: int, name: str) -> None:
        """Push somebody; who is there is refused."""
        if (tenant, name) in self.people:
            with pytest.raises(NotUnique):
                push(self.connections[tenant], name)
            return
        self.people[tenant, name] = push(self.connections[tenant], name).identity
        self.active[tenant, name] = True

    @rule(tenant=TENANTS, name=NAMES, active=st.booleans())
    def activate(self, tenant: int, name: str, active: bool) -> None:
        """Deactivate or re-activate; who becomes inactive leaves every group."""
        if (tenant, name) not in self.people:
            return
        push_move(self.people[tenant, name], name, active=active)
        if self.active[tenant, name] and not active:
            self._out(tenant, name)
        self.active[tenant, name] = active

    @rule(tenant=TENANTS, name=NAMES)
    def delete(self, tenant: int, name: str) -> None:
        """Delete somebody; the id is gone for good."""
        identity = self.people.pop((tenant, name), None)
        if identity is None:
            return
        on_locked(identity, leave.delete)
        self._out(tenant, name)
        with pytest.raises(UnknownResource):
            on_locked(identity, leave.delete)

    @rule(tenant=TENANTS, name=GROUPS)
    def make_group(self, tenant: int, name: str) -> None:
        """Push a group; a second one of the name is refused. The stranger is put into it by hand."""
        if (tenant, name) in self.links:
            with pytest.raises(NotUnique):
                push_group(self.connections[tenant], name)
            return
        link = push_group(self.connections[tenant], name)
        add_by_hand(self.stranger, link.group)
        self.links[tenant, name] = link
        self.members[tenant, name] = set()

    @rule(tenant=TENANTS, name=GROUPS)
    def drop_group(self, tenant: int, name: str) -> None:
        """Delete a group."""
        link = self.links.pop((tenant, name), None)
        if link is None:
            return
        context = make_context(self.connections[tenant])
        groups.delete(context, groups.locked(context, link.scim_id))
        del self.members[tenant, name]

    @rule(tenant=TENANTS, name=GROUPS, wanted=MEMBERS, verb=VERBS)
    def change_members(self, tenant: int, name: str, wanted: list[Key], verb: Any) -> None:
        """Change members by a delta, naming people of both tenants."""
        link = self.links.get((tenant, name))
        if link is None:
            return
        known = {key: self.people[key] for key in wanted if key in self.people}
        delta = self._written(tenant, link, verb, [identity.scim_id for identity in known.values()])

        own = {key[1] for key in known if key[0] == tenant}
        before = self.members[tenant, name]
        after = {"add": before | own, "remove": before - own, "replace": own}[verb.__name__]
        self.members[tenant, name] = after
        assert set(delta.added) == {self.people[tenant, one].scim_id for one in after - before}
        assert set(delta.removed) == {self.people[tenant, one].scim_id for one in before - after}
        foreign = {known[key].scim_id for key in known if key[0] != tenant}
        # Taking away somebody who does not exist takes nothing away: there is nothing to tell.
        assert set(delta.unknown) == (set() if verb is memberships.remove else foreign)

    def _written(self, tenant: int, link: GroupLink, verb: Any, wanted: list[str]) -> Delta:
        context = make_context(self.connections[tenant])

        def work() -> Delta:
            locked = groups.locked(context, link.scim_id)
            delta: Delta = verb(locked, wanted)
            groups.update(context, locked, changes_of(document_of(row_of(locked), None, "")), delta)
            return delta

        return transactions.run(work)

    def _out(self, tenant: int, name: str) -> None:
        for (owner, _group), members in self.members.items():
            if owner == tenant:
                members.discard(name)

    @invariant()
    def tables_are_the_model(self) -> None:
        """Isolation: each group holds its tenant's people and the stranger, nobody else."""
        table = membership_table()
        for (tenant, name), link in self.links.items():
            rows = table.rows.filter(**{table.group: link.group_id})
            users = sorted(str(user) for user in rows.values_list(table.user_id, flat=True))
            expected = {str(self.people[tenant, one].user_id) for one in self.members[tenant, name]}
            assert users == sorted(expected | {str(self.stranger.pk)}), (tenant, name)

    @invariant()
    def people_are_unique_and_apart(self) -> None:
        """Counts: one live identity each, and no user of two tenants."""
        for tenant, connection in enumerate(self.connections):
            names = sorted(Identity.objects.of(connection).values_list("user_name", flat=True))
            assert names == sorted(name for owner, name in self.people if owner == tenant)
        users = [identity.user_id for identity in self.people.values()]
        assert len(users) == len(set(users))

    @invariant()
    def trail_tells_the_state(self) -> None:
        """Audit = state: replaying the events gives the members and the activity of the tables."""
        active, members = replayed(Event.objects.filter(id__gt=self.started).order_by("id"))
        assert active == {identity.scim_id: self.active[key] for key, identity in self.people.items()}
        assert members == {
            link.scim_id: {self.people[key[0], name].scim_id for name in self.members[key]}
            for key, link in self.links.items()
        }


def replayed(events: Any) -> tuple[dict[str, bool], dict[str, set[str]]]:
    """Give who is active and who is in which group, from nothing but events."""
    active: dict[str, bool] = {}
    members: dict[str, set[str]] = {}
    labels: dict[tuple[Any, str], str] = {}
    for event in events:
        match event.type:
            case "account.created" | "account.activated":
                active[event.scim_id] = True
            case "account.reinstated":
                active[event.scim_id] = event.changes["active"]["new"]
            case "account.deactivated" | "account.deleted":
                for name in event.effects.get("groups_removed", ()):
                    members[labels[event.connection_id, name]].discard(event.scim_id)
                active[event.scim_id] = False
                if event.type == "account.deleted":
                    del active[event.scim_id]
            case "group.created":
                members[event.scim_id] = set()
                labels[event.connection_id, event.subject_label] = event.scim_id
            case "group.deleted":
                del members[event.scim_id]
            case "group.members_changed":
                change = event.changes["members"]
                members[event.scim_id] |= set(change["new"] or ())
                members[event.scim_id] -= set(change["old"] or ())
    return active, members


def test_tenants_stay_apart_whatever_they_do() -> None:
    """Two tenants, the same names, any order of verbs: isolation, uniqueness, counts, audit = state."""
    run_state_machine_as_test(
        Tenants,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
