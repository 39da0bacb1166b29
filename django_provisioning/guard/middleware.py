"""``GuardMiddleware``: stands behind Django's authentication and judges each user that a view asks for.

It loads nothing by itself: ``request.user`` and ``request.auser`` stay lazy, and a view that never asks for the user
costs nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from ..lifecycle import sessions, unfinished
from ..lifecycle.credentials import current_connection
from .judgement import Verdict, judge, look_up

logger = logging.getLogger("django_provisioning.guard")


class GuardMiddleware:
    """Refuses an inactive or revoked account: the session is flushed and the request goes on as nobody's.

    Place it after ``AuthenticationMiddleware`` and every other middleware that sets ``request.user``.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Guard the request and hand it on."""
        if self._is_async:
            return self._acall(request)
        visit = self._guard(request)
        token = current_connection.set(None)
        try:
            response: HttpResponseBase = self.get_response(request)
            return response
        finally:
            visit.is_open = False
            current_connection.reset(token)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        visit = self._guard(request)
        token = current_connection.set(None)
        try:
            response: HttpResponseBase = await self.get_response(request)
            return response
        finally:
            visit.is_open = False
            current_connection.reset(token)

    def _guard(self, request: HttpRequest) -> sessions.Visit:
        """Put the guarded user in place of the user that is still to be loaded."""
        if not hasattr(request, "user") or not hasattr(request, "session"):
            raise ImproperlyConfigured(
                "GuardMiddleware finds no request.user or no request.session: in MIDDLEWARE, place "
                "'django_provisioning.guard.GuardMiddleware' after "
                "'django.contrib.auth.middleware.AuthenticationMiddleware'."
            )
        visit = sessions.begin_visit(request)
        found, afound = request.user, getattr(request, "auser", None)
        request.user = cast("Any", SimpleLazyObject(lambda: _guarded(request, found)))
        if afound is not None:

            async def auser() -> Any:
                return await _aguarded(request, afound)

            request.auser = auser
        return visit


def _guarded(request: HttpRequest, found: Any) -> Any:
    """Load the user that Django's authentication finds, and judge."""
    claimed = request.session.get(SESSION_KEY)
    if not found.is_authenticated:
        return _refused_by_django(request, claimed, found)
    verdict = judge(found, request.session, timezone.now())
    return _settled(request, found, verdict)


async def _aguarded(request: HttpRequest, afound: Callable[[], Awaitable[Any]]) -> Any:
    """Do the same in an async view; threads only where the database is asked."""
    claimed = await request.session.aget(SESSION_KEY)
    found = await afound()
    if not found.is_authenticated:
        if claimed is None:
            return found
        return await sync_to_async(_refused_by_django)(request, claimed, found)
    verdict = judge(found, request.session, timezone.now())
    if verdict is Verdict.ADMITTED:
        return _admitted(request, found)
    return await sync_to_async(_settled)(request, found, verdict)


def _settled(request: HttpRequest, user: Any, verdict: Verdict) -> Any:
    """Ask the database where the verdict wants it, and admit or refuse."""
    if verdict is Verdict.ASK:
        verdict = look_up(user, request.session, timezone.now())
    return _admitted(request, user) if verdict is Verdict.ADMITTED else _refused(request, user, verdict)


def _admitted(request: HttpRequest, user: Any) -> Any:
    if sessions.belongs_to(request.session, user):
        facts = sessions.facts_of(request.session)
        sessions.enter_connection(request, facts.connection if facts else None)
    return user


def _refused(request: HttpRequest, user: Any, verdict: Verdict) -> AnonymousUser:
    """End the session and finish what is open for the account; the request goes on as nobody's."""
    logger.info("User %s refused: %s", user.pk, verdict.value)
    _end_session(request)
    unfinished.finish(user)
    return _nobody(request)


def _refused_by_django(request: HttpRequest, claimed: Any, nobody: Any) -> Any:
    """Finish likewise where Django's backend has refused the session's user by itself."""
    if claimed is None:
        return nobody
    model = get_user_model()
    user = model._default_manager.filter(pk=model._meta.pk.to_python(claimed)).first()
    if user is not None and user.is_active:
        unfinished.finish(user)
        return nobody  # Django has flushed a session whose hash is void; a backend that is not listed may come back.
    logger.info("User %s refused: %s", claimed, Verdict.INACTIVE.value)
    _end_session(request)
    if user is not None:
        unfinished.finish(user)
    return _nobody(request)


def _end_session(request: HttpRequest) -> None:
    """Delete the session, so that its cookie means nothing after a return either."""
    sessions.forget(request)
    request.session.flush()


def _nobody(request: HttpRequest) -> AnonymousUser:
    """Take the user off the request, and out of what Django's middleware remembers of it."""
    nobody = AnonymousUser()

    async def auser() -> AnonymousUser:
        return nobody

    request.user, request.auser = nobody, auser
    for name in ("_cached_user", "_acached_user"):
        if hasattr(request, name):
            setattr(request, name, nobody)
    return nobody
