"""Who is refused: the inactive and the revoked, whatever the backend and the session engine forget (N22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from django_provisioning.lifecycle import leave, rejoin
from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Account, Connection, Identity, Leave, PendingRevocation
from tests.factories import make_connection, make_context
from tests.guard.visits import BACKENDS, GUARD, enter, is_let_in
from tests.lifecycle.people import events, fresh, jit_identity, local_user, on_locked

pytestmark = pytest.mark.django_db


def set_active(user: Any, *, active: bool) -> None:
    """Write the column past every signal."""
    get_user_model().objects.filter(pk=user.pk).update(is_active=active)


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_inactive_user_is_refused_at_the_next_request_and_for_good(
    engine: str, backend: str, ada: Identity
) -> None:
    """N22: made inactive behind everybody's back; the request completes the leave, so that no return revives it."""
    browser = enter(ada.user, backend=backend)
    assert is_let_in(browser)

    set_active(ada.user, active=False)
    inside = is_let_in(browser), is_let_in(browser, "/me/async/"), is_let_in(browser, "/api/")
    set_active(ada.user, active=True)

    assert inside == (False, False, False)
    assert not is_let_in(browser)
    assert Leave.objects.get().path == Leave.Path.OUT_OF_BAND


@pytest.mark.parametrize("name", ["AllowAllUsersModelBackend", "stock mozilla-django-oidc"])
def test_forgetful_backend_lets_the_inactive_in_without_the_guard(settings: Any, name: str) -> None:
    """What the guard is for: without it these two go on."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != GUARD]
    user = local_user("bo")
    browser = enter(user, backend=BACKENDS[name])

    set_active(user, active=False)

    assert is_let_in(browser)


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_session_of_an_inactive_user_is_flushed(engine: str, backend: str) -> None:
    """It is deleted even where Django itself would only look away, so that no return revives it."""
    user = local_user("bo")  # No account: nothing rotates the session hash.
    browser = enter(user, backend=backend)
    cookie = browser.cookies["sessionid"].value
    assert is_let_in(browser)

    set_active(user, active=False)
    response = browser.get("/me/")
    set_active(user, active=True)

    assert response.status_code == 302
    assert response.cookies["sessionid"].value == ""
    assert browser.get("/me/").status_code == 302
    if engine != "signed_cookies":
        browser.cookies["sessionid"] = cookie
        assert browser.get("/me/").status_code == 302


def test_session_of_a_deleted_user_is_flushed(settings: Any) -> None:
    """Nobody is left whose leave could be finished; the session goes all the same."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    user = local_user("bo")
    browser = enter(user)
    user.delete()

    response = browser.get("/me/")

    assert (response.status_code, response.cookies["sessionid"].value) == (302, "")


@pytest.mark.skipif(
    "get_session_auth_hash" not in vars(AbstractBaseUser), reason="Django asks every user model for the hash"
)
@pytest.mark.parametrize("how", [{}, {"connection": "acme"}], ids=["local", "sso"])
def test_user_model_without_session_hash_is_guarded(
    engine: str, ada: Identity, monkeypatch: pytest.MonkeyPatch, how: dict[str, str]
) -> None:
    """C15: where Django has no hash to compare, the guard compares the time of the login with the last leave."""
    monkeypatch.delattr(AbstractBaseUser, "get_session_auth_hash")
    browser = enter(ada.user, **how)
    assert is_let_in(browser)

    leave.offboard(make_context(), fresh(ada.user), reason="left")
    inside = is_let_in(browser)
    rejoin.reinstate(make_context(), fresh(ada.user), reason="back")

    assert not inside
    assert not is_let_in(browser)
    assert is_let_in(enter(ada.user, **how))


@pytest.mark.parametrize("path", ["/me/", "/me/async/"])
def test_leave_of_one_tenant_ends_its_sessions_and_no_other(engine: str, ada: Identity, path: str) -> None:
    """C16: the person still belongs to another tenant, and stays logged in there, on every engine."""
    other = make_connection("lumen")
    jit_identity(other, "ada", user=ada.user)
    leaving, staying = enter(ada.user, connection="acme"), enter(ada.user, connection="lumen")
    assert is_let_in(leaving, path) and is_let_in(staying, path)  # noqa: PT018

    on_locked(ada, leave.delete)

    assert fresh(ada.user).is_active
    assert not is_let_in(leaving, path)
    assert is_let_in(staying, path)


def test_login_that_races_with_a_leave_is_older_than_it(settings: Any, ada: Identity) -> None:
    """The time of a login is when it was verified, not when the session was made."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    Account.objects.filter(user=ada.user).update(access_valid_after=make_context().now)

    late = enter(ada.user, connection="acme", ago=5)
    new = enter(ada.user, connection="acme")

    assert not is_let_in(late)
    assert is_let_in(new)


def test_user_of_an_api_token_is_not_held_against_the_session(settings: Any, ada: Identity) -> None:
    """Where something else than the session names the user, the age of the session says nothing."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MIDDLEWARE = [
        *[one for one in settings.MIDDLEWARE if one != GUARD],
        "tests.guard.test_refusals.header_middleware",
        GUARD,
    ]
    Account.objects.filter(user=ada.user).update(access_valid_after=make_context().now)
    headers = {"X-User": str(ada.user.pk)}

    admitted = Client().get("/me/", headers=headers).status_code
    set_active(ada.user, active=False)
    refused = Client().get("/me/", headers=headers).status_code

    assert (admitted, refused) == (200, 302)


def header_middleware(get_response: Any) -> Any:
    """Believe a header, as middleware for API tokens does."""

    def middleware(request: Any) -> Any:
        request.user = get_user_model().objects.get(pk=request.headers["X-User"])
        return get_response(request)

    return middleware


@dataclass
class Machine:
    """A user of some middleware's own making."""

    is_active: bool
    pk = "machine"
    is_authenticated = True


@pytest.mark.parametrize("before", ["SessionMiddleware", "AuthenticationMiddleware"])
@pytest.mark.parametrize(("is_active", "status"), [(True, 200), (False, 302)])
def test_user_that_is_no_row_is_judged_by_what_it_says(
    settings: Any, is_active: bool, status: int, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that some middleware lets in has no session and no account; Django's own need not be there."""
    wanted = ["django.contrib.sessions.middleware.SessionMiddleware"]
    if before == "AuthenticationMiddleware":
        wanted.append("django.contrib.auth.middleware.AuthenticationMiddleware")
    settings.MIDDLEWARE = [*wanted, "tests.guard.test_refusals.machine_middleware", GUARD]
    monkeypatch.setattr(Machine, "default", is_active, raising=False)

    assert Client().get("/me/").status_code == status


def machine_middleware(get_response: Any) -> Any:
    """Let the machine in."""

    def middleware(request: Any) -> Any:
        request.user = Machine(Machine.default)  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


class BadgeRevoker(Revoker):
    """Reaches something outside the database, once it works again."""

    kind = "badges"
    is_broken = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Fail, or end one badge."""
        if self.is_broken:
            raise ConnectionError
        return 1


@pytest.mark.parametrize("is_back", [False, True])
@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
def test_refused_request_completes_what_is_pending(
    settings: Any, monkeypatch: pytest.MonkeyPatch, ada: Identity, backend: str, is_back: bool,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    """Issue 4, point 4: the next request of the account finishes a leave, whether we refuse it or Django does."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.DJANGO_PROVISIONING = {"REVOKERS": [f"{__name__}.BadgeRevoker"]}
    browser = enter(ada.user, backend=backend)
    with django_capture_on_commit_callbacks(execute=True):
        leave.offboard(make_context(), fresh(ada.user), reason="left")
    assert Leave.objects.get().closed_at is None
    if is_back:
        rejoin.reinstate(make_context(), fresh(ada.user), reason="back")
    monkeypatch.setattr(BadgeRevoker, "is_broken", False)
    PendingRevocation.objects.update(next_attempt_at=make_context().now)

    inside = is_let_in(browser)

    assert not inside
    assert not PendingRevocation.objects.exists()
    assert Leave.objects.get().closed_at is not None
    assert len(events("account.deactivated")) == 1


@pytest.mark.parametrize(
    "order",
    [
        [GUARD, "django.contrib.sessions.middleware.SessionMiddleware"],
        ["django.contrib.sessions.middleware.SessionMiddleware", GUARD],
    ],
)
def test_guard_out_of_place_fails_loudly(settings: Any, order: list[str]) -> None:
    """A guard that cannot work does not pretend to."""
    settings.MIDDLEWARE = order

    with pytest.raises(ImproperlyConfigured, match="after 'django"):
        Client().get("/public/")
