"""The end of a connection: nobody's fate is guessed, history stays, and nothing keeps working by oversight."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.exceptions import ProvisioningError
from django_provisioning.lifecycle import connection_end, connections, leave, transactions
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.models import (
    Account,
    Connection,
    Event,
    GroupLink,
    Identity,
    Leave,
    PendingRevocation,
    SessionIndex,
)
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import (
    account_of,
    fresh,
    group_names,
    jit_identity,
    login_of,
    push,
    push_group,
    push_move,
)
from tests.lifecycle.test_leave import index_session, sessions_of, shared
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


class Scene:
    """ada has acme only, bob has globex as well, root is staff."""

    def __init__(self) -> None:
        self.acme, self.globex = make_connection("acme"), make_connection("globex")
        self.token = make_token(self.acme)
        self.ada, self.bob, self.root = (
            push(self.acme, login_of(name)).identity for name in ("ada", "bob", "root")
        )
        self.bob_at_globex = shared(self.bob.user, self.globex, login_of("bob"))
        get_user_model()._default_manager.filter(pk=self.root.user_id).update(is_staff=True)
        push_group(self.acme, "engine", self.ada, self.bob)
        for identity in (self.ada, self.bob, self.root):
            index_session(identity.user, f"session of {identity.user_name}", self.acme)
        index_session(self.bob.user, "by globex", self.globex)

    def end(self, verb: Any, accounts: str, context: Context | None = None) -> dict[str, int]:
        """Disable or delete acme."""
        context = context or make_context(self.acme)
        return dict(
            transactions.run(lambda: verb(context, self.acme, accounts=accounts, reason="contract ended"))
        )


@pytest.fixture
def scene() -> Scene:
    """Build it."""
    return Scene()


def is_in(identity: Identity) -> bool:
    """Whether the Django user is active."""
    return bool(get_user_model()._default_manager.get(pk=identity.user_id).is_active)


def test_count_of_whom_the_end_concerns(scene: Scene, django_assert_max_num_queries: Any) -> None:
    """What the page and the command show before anybody decides."""
    with django_assert_max_num_queries(6):
        found = connection_end.concerned(scene.acme)

    assert found.facts() == {"people": 3, "only_here": 2, "protected": 1, "sessions": 3, "tokens": 1}


def test_disabling_keeps_accounts_and_refuses_the_directory(scene: Scene) -> None:
    """keep: nobody loses access, and nobody can come in through it."""
    ended = scene.end(connections.disable, "keep")

    assert ended == {}
    assert all(map(is_in, (scene.ada, scene.bob, scene.root)))
    assert SessionIndex.objects.count() == 4
    assert ScimClient(scene.token).get("/Users").status_code == 401
    event = Event.objects.get(type="connection.disabled")
    assert event.changes == {"enabled": {"old": True, "new": False}}
    assert (event.effects, event.reason) == ({"accounts": "keep"}, "contract ended")
    assert scene.acme.tokens.filter(revoked_at=None).count() == 1


def test_suspending_ends_access_until_an_administrator_decides(scene: Scene) -> None:
    """suspend: who has this connection only is out; who has another loses what came through this one."""
    ended = scene.end(connections.disable, "suspend")

    assert ended == {"ended": 1, "ended_in_part": 1, "spared": 1}
    assert (is_in(scene.ada), is_in(scene.bob), is_in(scene.root)) == (False, True, True)
    assert account_of(scene.ada.user).suspension == Account.Suspension.ADMINISTRATOR
    assert fresh(scene.ada).active
    assert (group_names(scene.ada.user), group_names(scene.bob.user)) == ([], [])
    assert sessions_of(scene.bob.user) == ["by globex"]
    assert {(one.path, one.everywhere) for one in Leave.objects.all()} == {
        ("connection", True),
        ("connection", False),
    }


def test_offboarding_ends_access_for_good_and_revokes_the_tokens(scene: Scene) -> None:
    """offboard: as if the directory had removed everybody; enabling the connection again brings no token back (N13)."""
    scene.end(connections.disable, "offboard")
    Connection.objects.filter(pk=scene.acme.pk).update(enabled=True)

    assert (is_in(scene.ada), is_in(scene.bob), is_in(scene.root)) == (False, True, True)
    assert account_of(scene.ada.user).state == Account.State.DEPROVISIONED
    assert not Identity.objects.filter(connection=scene.acme, active=True).exclude(pk=scene.root.pk).exists()
    assert fresh(scene.bob_at_globex).active
    assert ScimClient(scene.token).get("/Users").status_code == 401


def test_connection_that_manages_staff_ends_staff_too_but_not_who_asks(scene: Scene) -> None:
    """The administrator who clicks does not lock themselves out."""
    Connection.objects.filter(pk=scene.acme.pk).update(manages_privileged=True)
    scene.acme.refresh_from_db()
    context = Context.of(Actor.admin(fresh(scene.ada.user)), scene.acme)

    ended = scene.end(connections.disable, "offboard", context)

    assert ended == {"ended": 1, "ended_in_part": 1, "spared": 1}
    assert (is_in(scene.ada), is_in(scene.root)) == (True, False)


def test_second_thoughts_about_a_disabled_connection(scene: Scene) -> None:
    """Kept first, offboarded later: the choice can be made again."""
    scene.end(connections.disable, "keep")

    ended = scene.end(connections.disable, "offboard")

    assert ended["ended"] == 1
    assert Event.objects.filter(type="connection.disabled").count() == 2
    assert scene.end(connections.disable, "offboard") == {"spared": 1}


def test_disabled_connection_vouches_for_nobody(scene: Scene) -> None:
    """Nobody would tell when the person leaves there, so another tenant's word ends all access."""
    scene.end(connections.disable, "keep")

    push_move(scene.bob_at_globex, login_of("bob"), active=False)

    assert not is_in(scene.bob)


@pytest.mark.parametrize("accounts", ["keep", "suspend", "offboard"])
def test_deleting_keeps_users_groups_and_history(scene: Scene, accounts: str) -> None:
    """Identities, tokens and links go; events and leaves name the connection by its slug."""
    before = Event.objects.filter(connection_slug="acme").count()

    scene.end(connections.delete, accounts)

    assert not Connection.objects.filter(slug="acme").exists()
    assert not Identity.objects.filter(user=scene.ada.user_id).exists()
    assert not GroupLink.objects.exists()
    assert ScimClient(scene.token).get("/Users").status_code == 401
    assert get_user_model()._default_manager.count() == 3
    assert Event.objects.filter(connection_slug="acme").count() > before
    gone = Event.objects.get(type="connection.deleted")
    assert (gone.connection_id, gone.subject_label, gone.effects["accounts"]) == (None, "acme", accounts)
    assert (is_in(scene.ada), is_in(scene.bob)) == (accounts == "keep", True)
    assert group_names(scene.bob.user) == (["engine"] if accounts == "keep" else [])
    managed = {name: account_of(getattr(scene, name).user).managed_by for name in ("ada", "bob", "root")}
    assert managed == {"ada": "none", "bob": "scim", "root": "none"}
    assert {one.connection_slug for one in Leave.objects.all()} <= {"acme"}


def test_deleting_waits_for_what_has_still_to_be_revoked(scene: Scene) -> None:
    """The row that remembers it would go with the connection: refused, and nothing has happened."""
    now = make_context().now
    PendingRevocation.objects.create(
        user=scene.bob.user,
        revoker="badges",
        connection=scene.acme,
        scope="1",
        created_at=now,
        next_attempt_at=now,
    )

    with pytest.raises(ProvisioningError, match="still to be revoked"):
        scene.end(connections.delete, "offboard")

    assert Connection.objects.get(slug="acme").enabled
    assert is_in(scene.ada)


def test_unknown_choice_is_refused(scene: Scene) -> None:
    """A typing error is no "keep"."""
    with pytest.raises(ProvisioningError, match="keep, suspend, offboard"):
        scene.end(connections.disable, "kepp")

    assert Connection.objects.get(slug="acme").enabled


def test_end_of_a_connection_is_alarmed_and_never_halted() -> None:
    """A person decided it: the valve tells, and goes on."""
    connection = make_connection("initech", mass_leave_halts=True)
    people = [push(connection, login_of(f"person{number}")).identity for number in range(12)]

    transactions.run(lambda: connections.disable(make_context(connection), connection, accounts="offboard"))

    assert not any(map(is_in, people))
    tripped = Event.objects.get(type="breaker.tripped")
    assert (tripped.effects["left"], tripped.effects.get("halted")) == (12, None)
    assert fresh(connection).halted_at is None


def test_disabled_and_deleted_while_a_login_made_the_account() -> None:
    """N21: a JIT account has no directory that would end it; the end of its connection does."""
    connection = make_connection("initech")
    identity = jit_identity(connection, login_of("guest"))

    transactions.run(lambda: connections.delete(make_context(connection), connection, accounts="offboard"))

    assert not is_in(identity)
    assert leave.offboard(make_context(), fresh(identity.user), reason="again") is None
