"""A site with pages that ask for the user and pages that do not, sync and async."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model, login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from django_provisioning.lifecycle import sessions
from django_provisioning.lifecycle.credentials import current_connection
from django_provisioning.models import Connection

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def public(request: HttpRequest) -> HttpResponse:
    """Ask for nobody."""
    return HttpResponse("for everybody")


@login_required
def me(request: HttpRequest) -> JsonResponse:
    """Say who asks and through which connection."""
    return JsonResponse({"pk": request.user.pk, "connection": current_connection.get(None)})


async def me_async(request: HttpRequest) -> JsonResponse:
    """Say it without leaving the event loop."""
    user = await request.auser()
    return JsonResponse(
        {"pk": user.pk, "connection": current_connection.get(None)},
        status=200 if user.is_authenticated else 403,
    )


async def me_async_later(request: HttpRequest) -> JsonResponse:
    """Ask twice: what the first answer refused, the second does not bring back."""
    await request.auser()
    return await me_async(request)


@api_view(["GET"])
@permission_classes([IsAuthenticated])
def api(request: Any) -> Response:
    """Answer the session of a browser, as Django REST framework reads it."""
    return Response({"pk": request.user.pk})


def enter(request: HttpRequest, user: str) -> HttpResponse:
    """Log in as an SSO library does: through ``?connection=``, verified ``?ago=`` seconds ago, for ``?age=``."""
    found = get_user_model()._default_manager.get(pk=user)
    connection = Connection.objects.filter(slug=request.GET.get("connection", "")).first()
    if connection is not None:
        now = timezone.now()
        sessions.expect(
            request,
            sessions.ExpectedSession(
                connection,
                ends_at=now + timedelta(seconds=int(request.GET["age"])) if "age" in request.GET else None,
                verified_at=now - timedelta(seconds=int(request.GET.get("ago", 0))),
            ),
        )
    login(request, found, backend=request.GET.get("backend", MODEL_BACKEND))
    if "remember" in request.GET:
        request.session.set_expiry(None)
    return JsonResponse({"connection": current_connection.get(None)})


def new_password(request: HttpRequest) -> HttpResponse:
    """Change the password and stay logged in, which gives the session a new key."""
    user: Any = request.user
    user.set_password("a new one")
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)
    return HttpResponse()


def new_token(request: HttpRequest) -> HttpResponse:
    """Send Django's signal without a login, as packages do that hand out tokens."""
    user_logged_in.send(sender=type(request.user), request=request, user=request.user)
    return HttpResponse()


urlpatterns = [
    path("public/", public),
    path("me/", me),
    path("me/async/", me_async),
    path("me/async/later/", me_async_later),
    path("api/", api),
    path("enter/<str:user>/", enter),
    path("new-password/", new_password),
    path("new-token/", new_token),
]
