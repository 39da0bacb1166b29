"""Rejoin: who may bring a person back, and that nothing returns which the source does not grant anew (N20, N26)."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from django_provisioning.jit.login import Refused, sign_in
from django_provisioning.lifecycle import leave, leaves, rejoin, transactions
from django_provisioning.lifecycle.context import Actor, Context
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Account, Connection, Event, Identity, Leave, PendingRevocation
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import (
    account_of,
    events,
    fresh,
    group_names,
    login_of,
    on_locked,
    push,
    push_group,
    push_move,
)
from tests.lifecycle.test_leave import shared
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

ISSUER, CLIENT_ID = "https://idp.example.com", "app"
ADMINISTRATOR, STALE = Account.Suspension.ADMINISTRATOR, Account.Suspension.STALE
CLAIMS = LoginClaims(
    "oidc",
    ISSUER,
    "subject-1",
    client_id=CLIENT_ID,
    claims={"preferred_username": "ada@example.com", "email": "ada@example.com", "email_verified": True},
)


class UnreachableRevoker(Revoker):
    """Ends access elsewhere, while ``works``."""

    kind = "badges"
    works: ClassVar[bool] = False
    ended: ClassVar[int] = 0

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Fail until it works."""
        if not self.works:
            raise ConnectionError("no answer")
        type(self).ended += 1
        return 1


@pytest.fixture
def acme() -> Connection:
    """Give a connection for both doors."""
    return make_connection("acme", jit="create", oidc_issuer=ISSUER, oidc_client_id=CLIENT_ID)


@pytest.fixture
def ada(acme: Connection) -> Identity:
    """Give somebody whom a first login made."""
    return sign_in(CLAIMS).outcome.identity


@pytest.fixture
def pushed(acme: Connection) -> Identity:
    """Give somebody whom the directory pushed."""
    return push(acme, login_of("ada")).identity


def suspend(identity: Identity, suspension: str) -> Event | None:
    """Suspend the person, as an administrator or the policy."""
    policy = Context.of(Actor.policy("stale"), identity.connection)
    context = policy if suspension == STALE else make_context()
    return leave.suspend(context, fresh(identity.user), suspension=suspension, reason="because")


def reinstate(identity: Identity) -> Event | None:
    """Let the person in by an administrator's decision."""
    return rejoin.reinstate(make_context(), fresh(identity.user), reason="is back")


def patch_active(identity: Identity, value: Any, *, with_path: bool = True) -> dict[str, Any]:
    """PATCH ``active`` as a directory does, and give the answer."""
    scim = ScimClient(make_token(identity.connection))
    operation = (
        {"op": "replace", "path": "active", "value": value}
        if with_path
        else {"op": "replace", "value": {"active": value}}
    )
    response = scim.patch(f"/Users/{identity.scim_id}", [operation])
    assert response.status_code == 200, response.content
    return dict(response.json())


def is_in(identity: Identity) -> bool:
    """Whether the person has access."""
    return bool(fresh(identity.user).is_active)


# Who tries to bring whom back: state and door, and whether the person is in afterwards.
@pytest.mark.parametrize(
    ("end", "door", "comes_back"),
    [
        ("administrator", "directory", False),
        ("administrator", "login", False),
        ("administrator", "administrator", True),
        ("stale", "directory", True),
        ("stale", "login", True),
        ("stale", "administrator", True),
        ("directory", "directory", True),
        ("directory", "login", False),
        ("directory", "administrator", True),
        ("offboard", "directory", True),
        ("offboard", "login", False),
        ("offboard", "administrator", True),
        ("delete", "login", False),
        ("delete", "administrator", True),
        ("project", "directory", False),
        ("project", "login", False),
        ("project", "administrator", True),
    ],
)
def test_transition(acme: Connection, ada: Identity, end: str, door: str, comes_back: bool) -> None:
    """N26, C26: every end, every way back; a login lifts silence and nothing else."""
    acme.visibility = Connection.Visibility.LINKED
    acme.save()
    match end:
        case "administrator" | "stale":
            suspend(ada, ADMINISTRATOR if end == "administrator" else STALE)
        case "directory":
            patch_active(ada, False)
        case "offboard":
            leave.offboard(make_context(), fresh(ada.user), reason="left")
        case "delete":
            ScimClient(make_token(acme)).delete(f"/Users/{ada.scim_id}")
        case "project":
            user = fresh(ada.user)
            user.is_active = False
            user.save()
    assert not is_in(ada)

    match door:
        case "directory":
            patch_active(ada, True)
        case "login" if comes_back:
            assert sign_in(CLAIMS).user.is_active
        case "login":
            with pytest.raises(Refused) as refusal:
                sign_in(CLAIMS)
            assert refusal.value.reason == "deprovisioned"
        case "administrator":
            reinstate(ada)

    assert is_in(ada) == comes_back
    assert (account_of(ada.user).state == Account.State.ACTIVE) == comes_back


@pytest.mark.parametrize("with_path", [True, False])
def test_patch_of_inactive_for_a_suspended_account_is_a_departure(pushed: Identity, with_path: bool) -> None:
    """The IdP names active of its own accord: the person left while suspended, and that is recorded."""
    suspend(pushed, ADMINISTRATOR)
    push_group(pushed.connection, "engine", pushed)

    answer = patch_active(pushed, False, with_path=with_path)

    left = events("account.deactivated")[0]
    assert (answer["active"], fresh(pushed).active) == (False, False)
    assert group_names(pushed.user) == []
    assert left.changes["active"] == {"old": True, "new": False}
    assert left.actor_type == "scim"
    assert account_of(pushed.user).state == Account.State.SUSPENDED


def test_patch_of_something_else_leaves_the_word_of_the_directory(pushed: Identity) -> None:
    """While suspended the document reads inactive; a change of the title says nothing of the person's departure."""
    suspend(pushed, ADMINISTRATOR)
    scim = ScimClient(make_token(pushed.connection))

    scim.patch(f"/Users/{pushed.scim_id}", [{"op": "replace", "path": "title", "value": "Countess"}])

    assert fresh(pushed).active is True
    assert fresh(pushed).attributes["title"] == "Countess"


def test_departure_during_a_suspension_is_recorded_once(pushed: Identity) -> None:
    """C30: a directory that repeats itself leaves one event, and nobody had access who could lose it."""
    suspend(pushed, ADMINISTRATOR)

    patch_active(pushed, False)
    patch_active(pushed, False)

    assert len(events("account.deactivated")) == 1
    assert [one.path for one in Leave.objects.all()] == [Leave.Path.COMMAND]


def test_end_of_the_suspension_does_not_let_in_who_left_meanwhile(pushed: Identity) -> None:
    """The suspension ends and the directory's word stands; a second decision overrules it."""
    suspend(pushed, ADMINISTRATOR)
    patch_active(pushed, False)

    lifted = reinstate(pushed)
    after_the_first = is_in(pushed), account_of(pushed.user).state
    overruled = reinstate(pushed)

    assert lifted is not None
    assert lifted.type == "account.suspension_lifted"
    assert lifted.effects["still_inactive"]
    assert after_the_first == (False, Account.State.DEPROVISIONED)
    assert overruled is not None
    assert overruled.type == "account.reinstated"
    assert is_in(pushed)
    assert fresh(pushed).active


def test_stale_person_whom_the_directory_ends_is_not_let_in_by_a_login(
    acme: Connection, ada: Identity
) -> None:
    """Silence was lifted by a login; a departure is not."""
    acme.visibility = Connection.Visibility.LINKED
    acme.save()
    suspend(ada, STALE)

    patch_active(ada, False)

    assert account_of(ada.user).state == Account.State.DEPROVISIONED
    with pytest.raises(Refused):
        sign_in(CLAIMS)


def test_stale_person_is_not_let_in_by_a_connection_that_they_left(acme: Connection, ada: Identity) -> None:
    """Another tenant's identity keeps the account from being deprovisioned; this one vouches no more."""
    acme.visibility = Connection.Visibility.LINKED
    acme.save()
    shared(ada.user, make_connection("globex"), login_of("ada"))
    suspend(ada, STALE)
    patch_active(ada, False)

    with pytest.raises(Refused):
        sign_in(CLAIMS)

    assert account_of(ada.user).suspension == STALE
    assert not is_in(ada)


def test_login_after_staleness_is_told_and_starts_anew(ada: Identity) -> None:
    """One event with the reason; the warning of the policy is forgotten, old cookies stay dead."""
    browser = Client()
    browser.force_login(fresh(ada.user))
    Account.objects.filter(user=ada.user).update(stale_warned_at=make_context().now)
    suspend(ada, STALE)

    sign_in(CLAIMS)

    back = events("account.reinstated")
    account = account_of(ada.user)
    assert [(event.reason, event.actor_type) for event in back] == [("login_after_staleness", "sso_login")]
    assert (account.suspension, account.stale_warned_at) == (Account.Suspension.NONE, None)
    assert account.last_seen_at is not None
    assert browser.get("/admin/").status_code == 302
    assert not Session.objects.exists()


def test_login_of_a_stale_staff_account_is_refused_where_staff_is_not_managed(ada: Identity) -> None:
    """DESIGN §7: an IdP brings no privileged account back."""
    suspend(ada, STALE)
    type(ada.user)._default_manager.filter(pk=ada.user_id).update(is_staff=True)

    with pytest.raises(Refused) as refusal:
        sign_in(CLAIMS)

    assert refusal.value.reason == "protected_account"
    assert not is_in(ada)


@pytest.mark.parametrize("end", ["directory", "administrator", "offboard"])
def test_return_restores_no_flag_group_session_or_password(pushed: Identity, end: str) -> None:
    """N20: what nobody granted anew is not there."""
    user = fresh(pushed.user)
    user.set_password("Longest-0ne")
    user.is_superuser = user.is_staff = True
    user.save()
    pushed.connection.manages_privileged = True
    pushed.connection.save()
    push_group(pushed.connection, "engine", pushed)
    browser = Client()
    browser.force_login(user)
    match end:
        case "directory":
            patch_active(pushed, False)
            patch_active(pushed, True)
        case "administrator":
            suspend(pushed, ADMINISTRATOR)
            reinstate(pushed)
        case "offboard":
            leave.offboard(make_context(), user, reason="left")
            reinstate(pushed)

    back = fresh(pushed.user)
    assert back.is_active
    assert (back.is_staff, back.is_superuser, back.has_usable_password()) == (False, False, False)
    assert group_names(back) == []
    assert browser.get("/admin/").status_code == 302
    left = events("account.deactivated", "account.suspended")[0]
    assert left.effects["privileges_removed"] == ["is_staff", "is_superuser"]


def test_flags_stay_where_the_setting_says_so(pushed: Identity, settings: Any) -> None:
    """LEAVE_CLEARS_PRIVILEGES off: the project looks after its flags itself."""
    settings.DJANGO_PROVISIONING = {"LEAVE_CLEARS_PRIVILEGES": False}
    type(pushed.user)._default_manager.filter(pk=pushed.user_id).update(is_staff=True)

    leave.offboard(make_context(), fresh(pushed.user), reason="left")

    assert fresh(pushed.user).is_staff


@pytest.mark.parametrize("active", [True, False])
def test_push_after_a_delete_leaves_the_access_of_another_tenant_alone(
    pushed: Identity, active: bool
) -> None:
    """The person is known here again; a push as inactive locks nobody out of globex."""
    shared(pushed.user, make_connection("globex"), login_of("ada"))
    on_locked(pushed, leave.delete)

    push(pushed.connection, login_of("ada"), active=active)

    assert is_in(pushed)
    assert account_of(pushed.user).state == Account.State.ACTIVE


def test_push_of_inactive_after_a_delete_keeps_the_person_out(pushed: Identity) -> None:
    """The directory knows the person again, and says that they are not to come in."""
    on_locked(pushed, leave.delete)

    push(pushed.connection, login_of("ada"), active=False)

    assert not is_in(pushed)
    assert account_of(pushed.user).state == Account.State.DEPROVISIONED


def test_second_suspension_of_the_same_kind_writes_nothing(pushed: Identity) -> None:
    """Of two administrators at once one suspends; the policy does not weaken what an administrator did."""
    first, again, weaker = (
        suspend(pushed, ADMINISTRATOR),
        suspend(pushed, ADMINISTRATOR),
        suspend(pushed, STALE),
    )

    assert first is not None
    assert (again, weaker) == (None, None)
    assert account_of(pushed.user).suspension == ADMINISTRATOR
    assert len(events("account.suspended")) == 1


def test_administrator_makes_a_suspension_for_staleness_firm(ada: Identity) -> None:
    """Afterwards no login lifts it; nobody had access who could lose it, so there is one record of a leave."""
    suspend(ada, STALE)
    suspend(ada, ADMINISTRATOR)

    with pytest.raises(Refused):
        sign_in(CLAIMS)
    assert account_of(ada.user).suspension == ADMINISTRATOR
    assert Leave.objects.count() == 1


def test_suspension_of_who_has_left_writes_nothing(pushed: Identity) -> None:
    """N26: deprovisioned is more than suspended."""
    leave.offboard(make_context(), fresh(pushed.user), reason="left")

    assert suspend(pushed, ADMINISTRATOR) is None
    assert account_of(pushed.user).state == Account.State.DEPROVISIONED


def test_offboarding_twice_ends_it_once_and_who_holds_something_is_offboarded_again(pushed: Identity) -> None:
    """The second finds nothing to end; a session that appeared meanwhile is something."""
    first = leave.offboard(make_context(), fresh(pushed.user), reason="left")
    second = leave.offboard(make_context(), fresh(pushed.user), reason="left")
    Client().force_login(fresh(pushed.user))
    third = leave.offboard(make_context(), fresh(pushed.user), reason="left")

    assert first is not None
    assert second is None
    assert third is not None
    assert third.effects["sessions"] == 1


def test_reinstating_who_is_in_writes_nothing(pushed: Identity) -> None:
    """No event claims what did not happen."""
    assert reinstate(pushed) is None
    assert events("account.reinstated") == []


def test_offboarded_stale_copy_of_the_user_is_brought_up_to_date(pushed: Identity) -> None:
    """The caller's instance is from before; what is decided on is read under the lock."""
    old = fresh(pushed.user)
    push_move(pushed, login_of("ada"), active=False)

    event = leave.offboard(make_context(), old, reason="left")

    assert event is None
    assert old.is_active is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("works", [True, False])
def test_return_finishes_what_was_still_to_be_revoked(
    settings: Any, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    """Before access is given back every revoker is tried again; one that fails stays OPEN and keeps nobody out."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.UnreachableRevoker"]}
    monkeypatch.setattr(UnreachableRevoker, "ended", 0)
    identity = push(make_connection(), login_of("ada")).identity
    patch_active(identity, False)
    still_open = Leave.objects.get().closed_at
    monkeypatch.setattr(UnreachableRevoker, "works", works)

    patch_active(identity, True)

    assert still_open is None
    assert is_in(identity)
    assert UnreachableRevoker.ended == (1 if works else 0)
    assert PendingRevocation.objects.exists() == (not works)
    assert (Leave.objects.get().closed_at is not None) == works


@pytest.mark.django_db(transaction=True)
def test_revoker_that_recovers_after_the_return_closes_the_leave(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pending row outlives the return; what it ends then may be newer access, and the leave is closed once."""
    from django_provisioning.lifecycle import revocation

    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.UnreachableRevoker"]}
    identity = push(make_connection(), login_of("ada")).identity
    patch_active(identity, False)
    patch_active(identity, True)
    monkeypatch.setattr(UnreachableRevoker, "works", True)

    ended = revocation.complete(make_context(), identity.user)
    closed = transactions.run(lambda: leaves.close_finished(identity.user))

    assert (ended, closed) == ({"badges": 1}, 1)
    assert is_in(identity)
