"""A logged-in session for every login backend of the project, in the store that the project uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import login
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ...lifecycle import sessions
from ...models import Connection
from .base import Credential, Probe

_LOCAL = "django.contrib.auth.backends."
_REMEDY = (
    "Put django_provisioning.guard.GuardMiddleware after AuthenticationMiddleware: this backend, or this session "
    "engine, does not look at the account."
)


class SessionProbe(Probe):
    """Logs a person in as Django's ``login`` does after each of ``AUTHENTICATION_BACKENDS`` has let them in."""

    app = "sessions"

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Open one session per backend; those of single sign-on count as the connection's."""
        return [
            Credential(f"session {name}", open_session(user, path, connection), remedy=_REMEDY)
            for name, path in _backends()
        ]


def open_any_session(user: Any, connection: Connection | None = None) -> Credential:
    """Open a session through the first backend."""
    name, path = next(_backends())
    return Credential(f"session {name}", open_session(user, path, connection))


def open_session(user: Any, backend: str, connection: Connection | None = None) -> dict[str, str]:
    """Log in through a backend and give the headers of the next request, its cookie."""
    request = _request()
    if connection is not None and not backend.startswith(_LOCAL):
        sessions.expect(request, sessions.ExpectedSession(connection))
    login(request, user, backend=backend)
    request.session.save()
    return {"Cookie": f"{django_settings.SESSION_COOKIE_NAME}={request.session.session_key}"}


def _request() -> HttpRequest:
    """Give the request of a login, with what receivers of ``user_logged_in`` usually ask of one."""
    request = HttpRequest()
    request.method = "POST"
    request.META.update(
        REMOTE_ADDR="127.0.0.1",
        HTTP_USER_AGENT="provisioning-selftest",
        SERVER_NAME="localhost",
        SERVER_PORT="443",
    )
    request.user = AnonymousUser()
    request.session = import_module(django_settings.SESSION_ENGINE).SessionStore()
    return request


def _backends() -> Iterator[tuple[str, str]]:
    """Yield a short name and the path of each backend; two classes of one name keep their paths apart."""
    paths = [path for path in dict.fromkeys(django_settings.AUTHENTICATION_BACKENDS) if _logs_in(path)]
    names = [path.rpartition(".")[2] for path in paths]
    for name, path in zip(names, paths, strict=True):
        yield (name if names.count(name) == 1 else path), path


def _logs_in(path: str) -> bool:
    """Whether sessions can belong to a backend; one that only answers for permissions knows no users."""
    get_user = getattr(import_string(path), "get_user", BaseBackend.get_user)
    return get_user is not BaseBackend.get_user
