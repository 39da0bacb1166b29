"""A leave against real sessions: the row is gone, the old cookie is dead and stays dead after the return."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from django_provisioning.lifecycle import leave, rejoin
from django_provisioning.models import Identity, SessionIndex
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import events, fresh, local_user, login_of, on_locked, push, push_move
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db

ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> str:
    """The session engine of the project."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return str(request.param)


@pytest.fixture
def ada() -> Identity:
    """Somebody who may look at the admin, of a connection that may lock such people out."""
    identity = push(make_connection(manages_privileged=True), login_of("ada")).identity
    get_user_model().objects.filter(pk=identity.user_id).update(is_staff=True)
    return identity


def logged_in(user: Any) -> Client:
    """Give a browser that has just logged in and has been let in once."""
    browser = Client()
    browser.force_login(fresh(user))
    assert is_let_in(browser)
    return browser


def is_let_in(browser: Client) -> bool:
    """Whether the admin opens for the browser's cookie."""
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    status = browser.get("/admin/").status_code
    for name, value in cookies.items():
        browser.cookies[name] = value  # The thief keeps the cookie that the answer told him to forget.
    return status == 200


def is_stored(browser: Client, settings: Any) -> bool:
    """Whether the engine still knows the browser's session."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    return bool(store.exists(browser.cookies["sessionid"].value))


def by_patch(identity: Identity) -> None:
    """Leave and return as the directory says, over HTTP."""
    client = ScimClient(make_token(identity.connection))
    operation = {"op": "replace", "path": "active", "value": False}
    assert client.patch(f"/Users/{identity.scim_id}", [operation]).status_code == 200


def by_put(identity: Identity) -> None:
    """Leave by a full replacement."""
    push_move(identity, login_of("ada"), active=False)


def by_delete(identity: Identity) -> None:
    """Leave by a deletion."""
    on_locked(identity, leave.delete)


def by_administrator(identity: Identity) -> None:
    """Leave by an administrator's decision."""
    leave.offboard(make_context(), fresh(identity.user), reason="left")


@pytest.mark.parametrize("depart", [by_patch, by_put, by_delete, by_administrator])
def test_old_cookie_is_dead_after_a_leave_and_after_the_return(
    engine: str, ada: Identity, settings: Any, depart: Any
) -> None:
    """C7, C15: when the verb returns the sessions are over, on every engine, and re-activation revives none."""
    browsers = [logged_in(ada.user), logged_in(ada.user)]

    depart(ada)
    inside_after_leave = [is_let_in(browser) for browser in browsers]
    stored = [is_stored(browser, settings) for browser in browsers if engine != "signed_cookies"]
    rejoin.reinstate(make_context(), fresh(ada.user), reason="back")
    get_user_model().objects.filter(pk=ada.user_id).update(is_staff=True)  # The leave took it away.
    inside_after_return = [is_let_in(browser) for browser in browsers]

    assert inside_after_leave == [False, False]
    assert not any(stored)
    assert inside_after_return == [False, False]
    assert is_let_in(logged_in(ada.user))


def test_leave_counts_the_sessions_that_it_ended(engine: str, ada: Identity) -> None:
    """The event says how many; a cookie-only session has no row that could be counted."""
    logged_in(ada.user)
    logged_in(ada.user)

    by_put(ada)

    counted = events("account.deactivated")[0].effects.get("sessions", 0)
    assert counted == (0 if engine == "signed_cookies" else 2)


def test_leave_ends_nobody_elses_session(engine: str, ada: Identity) -> None:
    """Another person stays logged in."""
    other = local_user("grace", is_staff=True)
    browser = logged_in(other)
    logged_in(ada.user)

    by_put(ada)

    assert is_let_in(browser)


def test_login_and_logout_keep_the_index(ada: Identity) -> None:
    """One row per session while it lives; logging in again or out leaves none behind."""
    browser = logged_in(ada.user)
    keys = set(SessionIndex.objects.values_list("session_key", flat=True))

    browser.post("/admin/logout/")

    assert keys == {browser.cookies["sessionid"].value} or len(keys) == 1
    assert not SessionIndex.objects.exists()


def test_login_after_the_leave_is_refused(ada: Identity) -> None:
    """C24: inactive is inactive at the door as well."""
    by_put(ada)
    browser = Client()

    browser.force_login(fresh(ada.user))

    assert not is_let_in(browser)
