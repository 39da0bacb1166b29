"""The checks that ask for the guard: E005, E006 and W003."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection

from django_provisioning.guard import GuardMiddleware
from tests.factories import make_connection
from tests.guard.visits import BACKENDS, GUARD
from tests.test_checks import found

SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


class OwnGuard(GuardMiddleware):
    """A project's subclass."""


@pytest.mark.parametrize(
    ("backend", "method"),
    [
        (BACKENDS["stock mozilla-django-oidc"], "get_user"),
        ("oauth2_provider.backends.OAuth2Backend", "get_user"),
        (BACKENDS["AllowAllUsersModelBackend"], "user_can_authenticate"),
        ("django.contrib.auth.backends.AllowAllUsersRemoteUserBackend", "user_can_authenticate"),
        ("tests.guard.test_checks.Inherited", "get_user"),
    ],
)
def test_forgetful_backend_without_the_guard_is_an_error(settings: Any, backend: str, method: str) -> None:
    """E005 looks at who wrote the method, so a subclass that keeps it is named too."""
    if backend.startswith("oauth2"):
        pytest.importorskip("oauthlib")
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "oauth2_provider"]
    settings.AUTHENTICATION_BACKENDS = [BACKENDS["ModelBackend"], backend]
    with_guard = found("E005")

    settings.MIDDLEWARE = [SESSION, AUTHENTICATION]

    assert with_guard == []
    (message,) = found("E005")
    assert repr(backend) in message
    assert f"{method}()" in message


def __getattr__(name: str) -> Any:
    """Make ``Inherited`` when it is asked for: the library needs its settings."""
    if name != "Inherited":
        raise AttributeError(name)
    from mozilla_django_oidc.auth import OIDCAuthenticationBackend

    return type("Inherited", (OIDCAuthenticationBackend,), {})


@pytest.mark.parametrize(
    "backends",
    [
        [BACKENDS["ModelBackend"]],
        [BACKENDS["our mozilla-django-oidc"], "djangosaml2.backends.Saml2Backend"],
        ["no.such.Backend"],
    ],
)
def test_backend_that_asks_is_active_is_none(settings: Any, backends: list[str]) -> None:
    """E005 says nothing where nothing is forgotten; a path that leads nowhere is Django's to report."""
    settings.MIDDLEWARE = [SESSION, AUTHENTICATION]
    settings.AUTHENTICATION_BACKENDS = backends

    assert found("E005") == []


@pytest.mark.parametrize(
    ("middleware", "complaints"),
    [
        ([SESSION, AUTHENTICATION, GUARD], []),
        ([SESSION, AUTHENTICATION, "no.such.middleware"], []),
        ([SESSION, AUTHENTICATION, "tests.guard.test_checks.OwnGuard"], []),
        ([GUARD, SESSION, AUTHENTICATION], ["SessionMiddleware", "AuthenticationMiddleware"]),
        ([SESSION, GUARD, AUTHENTICATION], ["AuthenticationMiddleware"]),
        (
            [SESSION, AUTHENTICATION, GUARD, "django.contrib.auth.middleware.RemoteUserMiddleware"],
            ["RemoteUserMiddleware"],
        ),
        (
            [SESSION, AUTHENTICATION, "django.contrib.auth.middleware.PersistentRemoteUserMiddleware", GUARD],
            [],
        ),
        ([SESSION, AUTHENTICATION, GUARD, "sesame.middleware.AuthenticationMiddleware"], ["sesame"]),
    ],
)
def test_guard_out_of_its_place_is_an_error(
    settings: Any, middleware: list[str], complaints: list[str]
) -> None:
    """E006: it stands after whatever sets request.user."""
    settings.MIDDLEWARE = middleware

    messages = found("E006")

    assert len(messages) == len(complaints)
    assert all(complaint in message for complaint, message in zip(complaints, messages, strict=True))


def test_missing_guard_is_an_error_where_sessions_end_by_nothing_else(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E006: signed cookies, and a user model without a session hash."""
    settings.MIDDLEWARE = [SESSION, AUTHENTICATION]
    without_need = found("E006")

    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    monkeypatch.delattr(AbstractBaseUser, "get_session_auth_hash")
    messages = found("E006")

    assert without_need == []
    assert len(messages) == 2
    assert "get_session_auth_hash" in messages[0]
    assert "signed cookies" in messages[1]


@pytest.mark.django_db
def test_session_age_without_a_guard_is_a_warning(settings: Any) -> None:
    """W003 names the connections whose policy nobody holds a cookie against."""
    settings.SESSION_COOKIE_AGE = 86_400
    make_connection("acme", session_max_age_seconds=3600)
    make_connection("lumen", session_max_age_seconds=86_400)
    make_connection("tundra", session_max_age_seconds=3600, enabled=False)
    with_guard = found("W003")

    settings.MIDDLEWARE = [SESSION, AUTHENTICATION]

    assert with_guard == []
    assert found("W003") == [
        "SESSION_COOKIE_AGE is 86400 s, connection 'acme' allows 3600 s; no guard looks."
    ]


@pytest.mark.django_db
def test_session_age_before_the_first_migration_is_none(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``migrate`` runs the database checks before there is a table."""
    settings.MIDDLEWARE = [SESSION, AUTHENTICATION]
    make_connection("acme", session_max_age_seconds=3600)
    monkeypatch.setattr(connection.introspection, "table_names", lambda *_: [])

    assert found("W003") == []
