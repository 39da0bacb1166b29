"""The guard: in its place where something needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.middleware import AuthenticationMiddleware, RemoteUserMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connections
from django.utils.module_loading import import_string

from ..guard.middleware import GuardMiddleware
from ..lifecycle.transactions import database
from ..models import Connection
from .problems import Problems

_GUARD = "django_provisioning.guard.GuardMiddleware"
_ADD_IT = f"Add {_GUARD!r} to MIDDLEWARE, after AuthenticationMiddleware."
_SIGNED_COOKIES = "django.contrib.sessions.backends.signed_cookies"
_MOST_CONNECTIONS_NAMED = 10

# Method to the classes whose own version of it gives inactive users a session.
_FORGETFUL = {
    "get_user": frozenset(
        {
            "mozilla_django_oidc.auth.OIDCAuthenticationBackend",
            "oauth2_provider.backends.OAuth2Backend",
        }
    ),
    "user_can_authenticate": frozenset(
        {
            "django.contrib.auth.backends.AllowAllUsersModelBackend",
            "django.contrib.auth.backends.AllowAllUsersRemoteUserBackend",
        }
    ),
}
# Middleware that sets request.user by itself, besides Django's own for proxies.
_SETS_USER = frozenset(
    {"oauth2_provider.middleware.OAuth2TokenMiddleware", "sesame.middleware.AuthenticationMiddleware"}
)


def backends_refuse_inactive_users() -> Problems:
    """E005: no backend keeps the session of an inactive user alive where nothing else ends it."""
    if guard_position() is not None:
        return
    for path in django_settings.AUTHENTICATION_BACKENDS:
        forgotten = _forgotten_by(path)
        if forgotten:
            yield (
                f"AUTHENTICATION_BACKENDS: {path!r} takes inactive users in {forgotten}(), so their sessions go on.",
                f"{_ADD_IT} Or list a subclass that asks is_active.",
            )


def _forgotten_by(path: str) -> str:
    """Name the method by which a backend lets inactive users in; "" if it does not."""
    try:
        backend = import_string(path)
    except ImportError:
        return ""  # Django says so at the first login.
    for method, classes in _FORGETFUL.items():
        owner = next((one for one in getattr(backend, "__mro__", ()) if method in vars(one)), None)
        if owner is not None and f"{owner.__module__}.{owner.__qualname__}" in classes:
            return method
    return ""


def guard_is_in_its_place() -> Problems:
    """E006: the guard stands after what it judges, and is there where sessions cannot be ended otherwise."""
    guard = guard_position()
    if guard is None:
        yield from _needs_of_a_guard()
        return
    installed = list(_middleware())
    for base in (SessionMiddleware, AuthenticationMiddleware):
        if not any(issubclass(one, base) for _path, one in installed[:guard]):
            yield (
                f"GuardMiddleware does not come after {base.__name__}: it would have no user to judge.",
                f"Place {_GUARD!r} after {base.__module__}.{base.__name__} in MIDDLEWARE.",
            )
    for path, one in installed[guard + 1 :]:
        if path in _SETS_USER or issubclass(one, RemoteUserMiddleware):
            yield (
                f"MIDDLEWARE lists {path!r} after GuardMiddleware: the users that it logs in are not judged.",
                f"Place {_GUARD!r} after it.",
            )


def _needs_of_a_guard() -> Problems:
    if not hasattr(get_user_model(), "get_session_auth_hash"):
        yield (
            f"{get_user_model()._meta.label} has no get_session_auth_hash(): a leave cannot void its sessions.",
            f"{_ADD_IT} Or derive the model from AbstractBaseUser.",
        )
    if django_settings.SESSION_ENGINE == _SIGNED_COOKIES:
        yield (
            "Sessions live in signed cookies, which end at no age and with no single connection by themselves.",
            f"{_ADD_IT} Or use another SESSION_ENGINE.",
        )


def session_ages_are_kept() -> Problems:
    """W003: no cookie lives longer than a connection allows without anybody looking at each request."""
    if guard_position() is not None:
        return
    if Connection._meta.db_table not in connections[database()].introspection.table_names():
        return  # ``migrate`` runs the database checks before it makes the tables.
    longest = django_settings.SESSION_COOKIE_AGE
    limited = Connection.objects.using(database()).filter(enabled=True, session_max_age_seconds__lt=longest)
    for connection in limited.order_by("slug")[:_MOST_CONNECTIONS_NAMED]:
        allowed = connection.session_max_age_seconds
        yield (
            f"SESSION_COOKIE_AGE is {longest} s, connection {connection.slug!r} allows {allowed} s; no guard looks.",
            f"{_ADD_IT} Or lower SESSION_COOKIE_AGE.",
        )


def guard_position() -> int | None:
    """Give the place of the guard, or of a subclass, in MIDDLEWARE; None if it is not there."""
    return next((n for n, (_path, one) in enumerate(_middleware()) if issubclass(one, GuardMiddleware)), None)


def _middleware() -> Iterator[tuple[str, type[Any]]]:
    """Yield path and class of each middleware; a function that makes one stands as a plain object."""
    for path in django_settings.MIDDLEWARE:
        try:
            found = import_string(path)
        except ImportError:
            found = None  # Django says so when it starts to serve.
        yield path, found if isinstance(found, type) else object
