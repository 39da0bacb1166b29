"""Leaves that meet something else at the same moment: a login, a return, a save, a cache, a job."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user, get_user_model, login
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import post_save
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from django_provisioning.jit.login import sign_in
from django_provisioning.lifecycle import (
    connections,
    leave,
    out_of_band,
    rejoin,
    schedule,
    sessions,
    transactions,
    unfinished,
)
from django_provisioning.lifecycle.sign_out import revoke_access, sign_out
from django_provisioning.mapping.claims import LoginClaims
from django_provisioning.models import Account, Identity, Leave, PendingRevocation, SessionIndex
from tests.factories import make_connection, make_context
from tests.lifecycle.people import account_of, events, fresh, group_names, login_of, push, push_move
from tests.lifecycle.test_leave import shared
from tests.lifecycle.test_sign_out import LateRevoker

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Identity:
    """Give somebody whom a directory pushed."""
    return push(make_connection("acme"), login_of("ada")).identity


def store(key: str | None = None) -> Any:
    """Give a session of the project's engine."""
    return import_module(django_settings.SESSION_ENGINE).SessionStore(key)


def opened(user: Any) -> str:
    """Log a user in and give the key of the session."""
    browser = Client()
    browser.force_login(fresh(user))
    return str(browser.cookies["sessionid"].value)


def is_let_in(key: str | None) -> bool:
    """Whether Django's own authentication finds somebody behind a session key."""
    request = HttpRequest()
    request.session = store(key)
    return bool(get_user(request).is_authenticated)


def set_quietly(user: Any, active: bool) -> None:
    """Write past every signal."""
    get_user_model()._default_manager.filter(pk=user.pk).update(is_active=active)


def test_guard_that_loaded_somebody_before_her_return_locks_nobody_out(ada: Identity) -> None:
    """The row decides, not what a request has read of it a moment ago."""
    push_move(ada, login_of("ada"), active=False)
    loaded = fresh(ada.user)
    push_move(fresh(ada), login_of("ada"), active=True)

    unfinished.finish(loaded)

    assert fresh(ada.user).is_active
    assert account_of(ada.user).state == Account.State.ACTIVE


def test_sweep_leaves_alone_whom_the_project_corrected_meanwhile(ada: Identity) -> None:
    """Likewise for the sweep, which lists first and works afterwards."""
    bob = push(ada.connection, login_of("bob")).identity
    for one in (ada, bob):
        set_quietly(one.user, False)
    found = out_of_band.sweep(make_context())
    next(found)

    set_quietly(bob.user, True)
    rest = list(found)

    assert rest == []
    assert account_of(bob.user).state == Account.State.ACTIVE


def test_login_that_a_partial_leave_overtook_opens_no_session(ada: Identity) -> None:
    """Acme admits the login, acme's leave commits, then the session is opened: it is over at once."""
    shared(ada.user, make_connection("globex"), login_of("ada"))
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "192.0.2.1"
    request.session = store()
    sessions.expect(request, sessions.ExpectedSession(ada.connection, "s1", verified_at=timezone.now()))
    user = fresh(ada.user)

    push_move(ada, login_of("ada"), active=False)
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    request.session.save()

    assert fresh(ada.user).is_active
    assert not is_let_in(request.session.session_key)
    assert not SessionIndex.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_session_that_a_request_put_back_into_the_cache_is_gone_after_the_commit(settings: Any) -> None:
    """cached_db: until the commit the row is there for others, and whoever reads it caches it anew."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    connection = make_connection("acme")
    ada = push(connection, login_of("ada")).identity
    key = opened(ada.user)
    SessionIndex.objects.update(connection=connection, idp_session="s1")
    held = store(key)
    cached = cache.get(held.cache_key)

    with transaction.atomic():
        sign_out(
            make_context(connection), fresh(ada.user), connection=connection, idp_session="s1", reason="x"
        )
        cache.set(held.cache_key, cached)

    assert cached
    assert not is_let_in(key)


def test_reinstatement_before_the_sweep_revives_no_session(ada: Identity) -> None:
    """``QuerySet.update()`` ended nothing yet: the return completes it before it opens the door."""
    key = opened(ada.user)
    set_quietly(ada.user, False)

    rejoin.reinstate(make_context(), fresh(ada.user), reason="back")

    assert fresh(ada.user).is_active
    assert not is_let_in(key)


def test_session_made_while_the_person_was_out_is_dead_after_the_return(ada: Identity) -> None:
    """A request that was under way may write after the leave; the return takes that away too."""
    push_move(ada, login_of("ada"), active=False)
    key = opened(ada.user)

    push_move(fresh(ada), login_of("ada"), active=True)

    assert fresh(ada.user).is_active
    assert not is_let_in(key)


def test_save_of_a_whole_stale_row_revives_no_session(ada: Identity) -> None:
    """It brings back the old password field and with it the old hash: the return that it amounts to voids it again."""
    key = opened(ada.user)
    SessionIndex.objects.all().delete()
    session = dict(store(key).items())
    stale = fresh(ada.user)
    push_move(ada, login_of("ada"), active=False)

    stale.save()

    again = store()
    again.update(session)
    again.save()
    assert events("account.reinstated")[0].reason == "project_code"
    assert not is_let_in(again.session_key)


@pytest.mark.django_db(transaction=True)
def test_account_that_cannot_be_worked_on_does_not_stop_the_sweep(ada: Identity) -> None:
    """A receiver of the project fails for one; the others leave all the same."""
    bob = push(ada.connection, login_of("bob")).identity
    for one in (ada, bob):
        set_quietly(one.user, False)

    def refuse(instance: Any, **_: Any) -> None:
        if instance.pk == ada.user_id:
            raise ValueError("a receiver of the project")

    post_save.connect(refuse, sender=get_user_model())
    try:
        result = schedule.run_due(["out_of_band"])
    finally:
        post_save.disconnect(refuse, sender=get_user_model())

    assert result.failed == ["out_of_band"]
    assert account_of(bob.user).state == Account.State.SUSPENDED


@pytest.mark.django_db(transaction=True)
def test_revoker_that_is_switched_off_leaves_its_work_open(settings: Any) -> None:
    """What was never revoked must not be called finished."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": ["tests.lifecycle.test_sign_out.LateRevoker"]}
    LateRevoker.works = False
    try:
        ada = push(make_connection("acme"), login_of("ada")).identity
        push_move(ada, login_of("ada"), active=False)
        settings.DJANGO_PROVISIONING = {**settings.DJANGO_PROVISIONING, "REVOKERS_OFF": [LateRevoker.kind]}
        PendingRevocation.objects.update(next_attempt_at=timezone.now())

        schedule.run_due(["revocations"])
    finally:
        LateRevoker.works = True

    assert PendingRevocation.objects.count() == 1
    assert Leave.objects.filter(closed_at=None).count() == 1


def test_disabled_connection_does_not_limit_a_revocation(ada: Identity) -> None:
    """It vouches for nobody, so a session that came through it ends as well."""
    globex = make_connection("globex")
    shared(ada.user, globex, login_of("ada"))
    key = opened(ada.user)
    SessionIndex.objects.update(connection=globex)
    connections.disable(make_context(), globex)

    revoke_access(make_context(ada.connection), fresh(ada.user), reason="revoked")

    assert not is_let_in(key)


def test_default_groups_go_with_the_connection_that_gave_them() -> None:
    """N20: a group of the first login is a grant of the connection; one that a person gave stays."""
    for name in ("Payroll", "Chess"):
        Group.objects.create(name=name)
    make_connection(
        "acme",
        jit="create",
        oidc_issuer="https://id.example.com",
        oidc_client_id="x",
        default_groups=["Payroll"],
    )
    claims = LoginClaims(
        protocol="oidc",
        issuer="https://id.example.com",
        client_id="x",
        subject="s1",
        claims={"preferred_username": "ada", "email": "ada@example.com"},
    )
    user = sign_in(claims).user
    user.groups.add(Group.objects.get(name="Chess"))
    before = group_names(user)

    event = transactions.run(lambda: leave.offboard(make_context(), user, reason="left"))

    assert before == ["Chess", "Payroll"]
    assert event is not None
    assert event.effects["groups_removed"] == ["Payroll"]
    assert group_names(fresh(user)) == ["Chess"]
