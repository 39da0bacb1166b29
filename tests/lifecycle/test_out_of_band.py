"""What the project's own code does to users: followed where a signal tells, found by the sweep where none does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test import Client
from django.test.utils import isolate_apps

from django_provisioning.lifecycle import hooks, leave, out_of_band, transactions
from django_provisioning.models import Account, Event, Identity, Leave, SessionIndex
from tests.factories import make_connection, make_context
from tests.lifecycle.people import (
    account_of,
    event_types,
    events,
    fresh,
    group_names,
    local_user,
    login_of,
    on_locked,
    push,
    push_group,
    push_move,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Identity:
    """Give somebody whom a directory pushed and who is logged in."""
    identity = push(make_connection("acme"), login_of("ada")).identity
    Client().force_login(fresh(identity.user))
    return identity


def sweep() -> list[Event]:
    """Run the sweep to its end."""
    return list(out_of_band.sweep(make_context()))


def set_active(user: Any, active: bool, *, quietly: bool = False) -> None:
    """Do what a project's code does, with or without a signal."""
    if quietly:
        get_user_model()._default_manager.filter(pk=user.pk).update(is_active=active)
        return
    user = fresh(user)
    user.is_active = active
    user.save()


@pytest.mark.parametrize("quietly", [False, True])
def test_user_made_inactive_leaves_as_by_an_administrator(ada: Identity, quietly: bool) -> None:
    """CLAIMS, deactivation paths: no directory and no login brings the person back unasked; the IdP's word stays."""
    set_active(ada.user, False, quietly=quietly)
    found = sweep()

    account, left = account_of(ada.user), Leave.objects.get()
    assert len(found) == int(quietly)
    assert (account.state, account.suspension) == (Account.State.SUSPENDED, Account.Suspension.ADMINISTRATOR)
    assert left.path == (Leave.Path.OUT_OF_BAND if quietly else Leave.Path.APPLICATION)
    assert (SessionIndex.objects.count(), Session.objects.count()) == (0, 0)
    assert fresh(ada).active
    event = events("account.suspended")[0]
    assert event.reason == ("out_of_band" if quietly else "project_code")
    assert sweep() == []


def test_proxy_of_the_user_model_is_followed_too(ada: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is the sender of its own signals; its rows are users all the same."""
    with isolate_apps("django_provisioning") as isolated:

        class Colleague(get_user_model()):  # type: ignore[misc]
            """The user model under another name."""

            class Meta:
                proxy = True
                app_label = "django_provisioning"

    monkeypatch.setattr(hooks, "apps", isolated)
    hooks.connect()

    colleague = Colleague._default_manager.get(pk=ada.user_id)
    colleague.is_active = False
    colleague.save()
    colleague.delete()

    assert [event.type for event in events("account.suspended", "account.erased")] == [
        "account.suspended",
        "account.erased",
    ]


def test_user_who_held_nothing_but_the_right_to_come_in_is_recorded_too() -> None:
    """No session, no group, no password: the row was active, and the record says when that ended."""
    identity = push(make_connection(), login_of("ada")).identity

    set_active(identity.user, False)

    assert Leave.objects.get().path == Leave.Path.APPLICATION


@pytest.mark.parametrize("quietly", [False, True])
def test_user_made_active_again_is_a_warning_and_gets_nothing_back(ada: Identity, quietly: bool) -> None:
    """Nobody decided it here: told as a warning; groups, sessions and passwords stay gone."""
    push_group(ada.connection, "engine", ada)
    push_move(ada, login_of("ada"), active=False)
    user = fresh(ada.user)
    user.set_password("Longest-0ne")
    user.save()

    set_active(user, True, quietly=quietly)
    found = sweep()

    back = events("account.reinstated")[0]
    assert len(found) == int(quietly)
    assert (back.outcome, back.effects["password_removed"]) == (Event.Outcome.WARNING, True)
    assert account_of(user).state == Account.State.ACTIVE
    assert not fresh(user).has_usable_password()
    assert group_names(user) == []
    assert fresh(ada).active is False


def test_staged_account_is_not_taken_for_a_departure() -> None:
    """A directory pushed it inactive: a save of the project changes nothing, and neither does the sweep."""
    identity = push(make_connection(), login_of("ada"), active=False).identity

    set_active(identity.user, False)

    assert sweep() == []
    assert account_of(identity.user).state == Account.State.STAGED
    assert not Leave.objects.exists()
    push_move(identity, login_of("ada"), active=True)
    assert fresh(identity.user).is_active


def test_staged_account_that_the_project_activates_is_active() -> None:
    """The account says what the row says."""
    identity = push(make_connection(), login_of("ada"), active=False).identity

    set_active(identity.user, True)

    assert account_of(identity.user).state == Account.State.ACTIVE
    assert events("account.reinstated")[0].outcome == Event.Outcome.WARNING


def test_sweep_finds_unknown_users_who_are_inactive_and_hold_something() -> None:
    """No account, no signal, and a session that is still indexed."""
    holder, idle = local_user("grace"), local_user("idle")
    Client().force_login(holder)
    set_active(holder, False, quietly=True)
    set_active(idle, False, quietly=True)

    found = sweep()

    assert [event.subject_id for event in found] == [str(holder.pk)]
    assert not SessionIndex.objects.exists()
    assert not Account.objects.filter(user=idle).exists()


def test_save_of_something_else_costs_nothing(ada: Identity, django_assert_num_queries: Any) -> None:
    """Only a save of is_active is looked at."""
    user = fresh(ada.user)

    with django_assert_num_queries(1):
        user.save(update_fields=["password"])


def test_fixtures_and_new_users_are_no_news(django_assert_num_queries: Any) -> None:
    """A user made inactive from the start has nothing that could end."""
    user = get_user_model()(**{get_user_model().USERNAME_FIELD: login_of("new"), "is_active": False})

    with django_assert_num_queries(1):
        user.save(force_insert=True)

    assert not Account.objects.exists()


@pytest.mark.parametrize("by", ["instance", "queryset"])
def test_user_that_the_project_deletes_leaves_first(ada: Identity, by: str) -> None:
    """Sessions have no key to the user and would stay; the trail and the record outlive the row."""
    push_group(ada.connection, "engine", ada)
    key = str(ada.user_id)

    if by == "instance":
        fresh(ada.user).delete()
    else:
        get_user_model()._default_manager.filter(pk=ada.user_id).delete()

    erased, left = events("account.erased")[0], Leave.objects.get()
    assert (erased.subject_id, erased.actor_type) == (key, "application")
    assert erased.effects == {"everywhere": True, "groups_removed": ["engine"], "sessions": 1}
    assert (left.user_id, left.subject_id, left.path) == (None, key, Leave.Path.APPLICATION)
    assert (Session.objects.count(), SessionIndex.objects.count()) == (0, 0)
    assert not get_user_model()._default_manager.exists()


def test_deletion_of_an_unknown_user_is_recorded_too() -> None:
    """N23: the end of every account stands in the trail."""
    local_user("grace").delete()

    assert event_types() == ["account.erased"]


def test_erasure_by_the_directory_is_recorded_once() -> None:
    """What lifecycle deletes itself is no project code."""
    identity = push(make_connection(delete_mode="erase"), login_of("ada")).identity

    on_locked(identity, leave.delete)

    assert event_types() == ["account.created", "account.erased"]
    assert events("account.erased")[0].actor_type == "command"


def test_deletion_that_the_project_forbids_ends_nothing(ada: Identity) -> None:
    """All or nothing: who is still there has still access."""

    def protect(instance: Any, **_: Any) -> None:
        raise ProtectedError("Invoices protect this user.", {instance})

    pre_delete.connect(protect, sender=get_user_model())
    try:
        with pytest.raises(ProtectedError):
            transactions.run(fresh(ada.user).delete)
    finally:
        pre_delete.disconnect(protect, sender=get_user_model())

    assert SessionIndex.objects.count() == 1
    assert not Leave.objects.exists()
    assert events("account.erased") == []


@pytest.mark.django_db(transaction=True)
def test_record_of_an_erased_user_is_closed() -> None:
    """Nothing can be pending for a row that is gone."""
    identity = push(make_connection(), login_of("ada")).identity

    fresh(identity.user).delete()

    assert Leave.objects.get().closed_at is not None
