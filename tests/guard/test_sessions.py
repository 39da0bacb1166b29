"""What a session says of itself, and what the guard writes down of its use."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from django_provisioning.lifecycle import leave, session_use
from django_provisioning.lifecycle.credentials import current_connection
from django_provisioning.lifecycle.sessions import FACTS
from django_provisioning.lifecycle.sign_out import sign_out
from django_provisioning.models import Account, Connection, Identity, SessionIndex
from tests.factories import make_connection, make_context
from tests.guard.visits import enter, is_let_in
from tests.lifecycle.people import fresh, jit_identity, local_user, on_locked

pytestmark = pytest.mark.django_db


def later(monkeypatch: pytest.MonkeyPatch, **time: int) -> Any:
    """Let time pass."""
    then = timezone.now() + timedelta(**time)
    monkeypatch.setattr("django.utils.timezone.now", lambda: then)
    monkeypatch.setattr("time.time", then.timestamp)
    return then


def key_of(browser: Client) -> str:
    """Give the key of the browser's session."""
    return str(browser.cookies["sessionid"].value)


def last_seen(user: Any) -> Any:
    """Read when the account was last seen."""
    return Account.objects.get(user=user).last_seen_at


@pytest.mark.parametrize("how", [{"age": 600}, {}], ids=["of the IdP", "of the connection"])
def test_session_age_holds_whatever_the_project_does_to_the_cookie(
    engine: str, ada: Identity, monkeypatch: pytest.MonkeyPatch, how: dict[str, int]
) -> None:
    """N22: a login view that sets an expiry of its own afterwards prolongs nothing."""
    Connection.objects.update(session_max_age_seconds=None if how else 600)
    browser = enter(ada.user, connection="acme", remember=1, **how)
    assert is_let_in(browser)

    later(monkeypatch, minutes=11)

    assert not is_let_in(browser, "/me/async/")
    assert not is_let_in(browser)


def test_session_age_counts_from_the_verification(ada: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that took its time has that much less."""
    Connection.objects.update(session_max_age_seconds=600)
    browser = enter(ada.user, connection="acme", ago=120)

    later(monkeypatch, minutes=9)

    assert not is_let_in(browser)


def test_signal_without_a_login_changes_nothing_of_the_session(ada: Identity) -> None:
    """Token packages send ``user_logged_in`` too: the session keeps its age and its connection."""
    browser = enter(ada.user, connection="acme", age=600)
    before = browser.session[FACTS]

    assert browser.get("/new-token/").status_code == 200

    assert browser.session[FACTS] == before
    assert SessionIndex.objects.get().connection == ada.connection


def test_token_page_without_a_session_opens_none(settings: Any, ada: Identity) -> None:
    """A login to an API by a header sends the signal too: nothing is indexed, and no cookie is set."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.guard.test_refusals.header_middleware"]
    browser = Client()

    assert browser.get("/new-token/", headers={"X-User": str(ada.user_id)}).status_code == 200

    assert not browser.cookies
    assert not SessionIndex.objects.exists()


@pytest.mark.parametrize("why", ["its age", "a sign-out"])
def test_login_over_ones_own_dead_session_counts_from_now(
    settings: Any, ada: Identity, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Django keeps the session data of the same person; what it says of the former login is not kept."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    ada.user.set_password("kept")
    ada.user.save()
    browser = enter(ada.user, connection="acme", age=600)
    if why == "its age":
        later(monkeypatch, minutes=11)
    else:
        sign_out(make_context(), fresh(ada.user), connection=None, reason="lost laptop")

    browser.get(f"/enter/{ada.user_id}/")

    assert is_let_in(browser)
    assert browser.session.get_expiry_age() == settings.SESSION_COOKIE_AGE
    later(monkeypatch, hours=1)
    assert is_let_in(browser)


def test_session_over_somebody_elses_is_indexed(engine: str, ada: Identity) -> None:
    """Django empties the session of the other person and makes the new key late; the index knows it still."""
    browser = enter(local_user("bo"))

    browser.get(f"/enter/{ada.user_id}/", {"connection": "acme"})

    if engine != "signed_cookies":
        row = SessionIndex.objects.get(user=ada.user)
        assert (row.session_key, row.connection) == (key_of(browser), ada.connection)
    assert is_let_in(browser)


def test_request_knows_the_connection_of_its_session(ada: Identity) -> None:
    """Tokens made in a request belong to the connection of its session, and to none afterwards."""
    browser = Client()

    at_login = browser.get(f"/enter/{ada.user_id}/", {"connection": "acme"}).json()["connection"]
    afterwards = current_connection.get(None)
    found = {path: browser.get(path).json()["connection"] for path in ("/me/", "/me/async/")}
    local = enter(local_user("bo")).get("/me/").json()["connection"]

    assert at_login == ada.connection_id
    assert found == {"/me/": ada.connection_id, "/me/async/": ada.connection_id}
    assert local is None
    assert afterwards is None


@pytest.mark.parametrize("path", ["/me/", "/me/async/"])
def test_use_is_noted_once_an_hour(
    engine: str, ada: Identity, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any, path: str
) -> None:
    """The stale policy sees who still comes; in between nothing is written."""
    browser = enter(ada.user, connection="acme")
    entered = last_seen(ada.user)
    is_let_in(browser, path)
    assert last_seen(ada.user) == entered

    then = later(monkeypatch, minutes=61)
    is_let_in(browser, path)

    assert last_seen(ada.user) == then
    if engine != "signed_cookies":
        assert SessionIndex.objects.get().last_seen_at == then
    later(monkeypatch, minutes=59)
    is_let_in(browser, path)
    assert last_seen(ada.user) == then


def test_local_login_is_seen(ada: Identity) -> None:
    """Somebody who comes for a minute a day by password is not silent."""
    enter(ada.user)

    assert last_seen(ada.user) is not None


def test_noting_the_use_does_not_prolong_the_session(ada: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session ends when Django said at the login, however much it is used."""
    browser = enter(ada.user)
    ends = Session.objects.get().expire_date

    later(monkeypatch, hours=2)
    assert is_let_in(browser)

    assert Session.objects.get().expire_date == ends


def test_what_is_remembered_of_sessions_is_bounded(ada: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that serves for months does not grow."""
    monkeypatch.setattr(session_use, "_MOST_REMEMBERED", 3)
    for _number in range(5):
        browser = enter(ada.user)
        SessionIndex.objects.all().delete()
        Account.objects.update(last_seen_at=None)
        session = browser.session
        del session[FACTS]
        session.save()
        assert is_let_in(browser)

    assert len(session_use._noted) <= 3


def test_session_from_before_the_install_is_indexed_at_its_next_request(engine: str, ada: Identity) -> None:
    """A leave finds the sessions that were open when this app came."""
    browser = enter(ada.user)
    session = browser.session
    del session[FACTS]
    session.save()
    browser.cookies["sessionid"] = str(session.session_key)
    SessionIndex.objects.all().delete()

    assert is_let_in(browser)
    assert is_let_in(browser)

    assert SessionIndex.objects.filter(user=ada.user).count() == (0 if engine == "signed_cookies" else 1)


def test_index_follows_a_new_session_key(ada: Identity) -> None:
    """A new password gives the session a new key; the end of its connection finds it all the same."""
    jit_identity(make_connection("lumen"), "ada", user=ada.user)
    browser = enter(ada.user, connection="acme")
    SessionIndex.objects.update(idp_session="as the IdP calls it")
    browser.get("/new-password/")
    assert is_let_in(browser)
    row = SessionIndex.objects.get()
    assert (row.session_key, row.connection) == (key_of(browser), ada.connection)
    assert row.idp_session == "as the IdP calls it"

    on_locked(ada, leave.delete)

    assert not is_let_in(browser)
    assert not import_module(django_settings.SESSION_ENGINE).SessionStore().exists(key_of(browser))


def test_session_whose_key_changed_just_before_its_connection_ended_is_refused(ada: Identity) -> None:
    """The leave knew only the old key: the guard looks before it indexes the new one."""
    jit_identity(make_connection("lumen"), "ada", user=ada.user)
    browser = enter(ada.user, connection="acme")
    browser.get("/new-password/")

    on_locked(ada, leave.delete)

    assert not is_let_in(browser)
    assert not SessionIndex.objects.exists()


@pytest.mark.parametrize("nonsense", ["text", {}, {"until": 1}, [1]])
def test_session_with_facts_of_somebody_elses_making_is_of_unknown_age(
    settings: Any, ada: Identity, nonsense: Any
) -> None:
    """Another app that uses our key breaks nothing; the session counts as older than any leave."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    browser = enter(ada.user, connection="acme")
    session = browser.session
    session[FACTS] = nonsense
    session.save()
    browser.cookies["sessionid"] = str(session.session_key)

    before = is_let_in(browser)
    Account.objects.update(access_valid_after=timezone.now() - timedelta(days=1))

    assert (before, is_let_in(browser)) == (True, False)


@pytest.mark.parametrize("ages", [{}, {"old": True}], ids=["indexed", "from before the install"])
def test_sign_out_of_a_person_with_a_password_ends_local_sessions_too(
    engine: str, ada: Identity, ages: dict[str, bool]
) -> None:
    """Neither the leave's rotation nor the index reaches all of these: the time of the login decides."""
    ada.user.set_password("kept")
    ada.user.save()
    browser = enter(ada.user)
    if ages:
        session = browser.session
        del session[FACTS]
        session.save()
        browser.cookies["sessionid"] = str(session.session_key)
        SessionIndex.objects.all().delete()

    sign_out(make_context(), fresh(ada.user), connection=None, reason="lost laptop")

    assert not is_let_in(browser)
    assert is_let_in(enter(ada.user))
    assert fresh(ada.user).check_password("kept")
