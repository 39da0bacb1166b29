"""For whoever tests this site from outside: one token of each kind for the logged-in person, and a page behind them.

The URLs are there only with EXAMPLE_PROBES=1. Never set it on a site that means something: the page hands out tokens
to any session, and takes no CSRF token for it.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from knox.models import AuthToken
from oauth2_provider.models import AccessToken, Application
from rest_framework.authtoken.models import Token
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_provisioning.guard.simplejwt import PreciseRefreshToken
from example_project.views import describe

_ME = "/api/me/"
_LIFETIME = timedelta(hours=1)


class Me(APIView):
    """Says who asks, by whatever credential of REST framework's default classes; 401 to nobody."""

    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        """Answer the account."""
        return Response(describe(request.user))


@csrf_exempt
@never_cache
@require_POST
def make_credentials(request: HttpRequest) -> JsonResponse:
    """Make a token of each kind for the session's person, and say how each is presented; 401 to nobody.

    No CSRF token is asked for: a page elsewhere could make tokens this way, but not read them.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"authenticated": False}, status=401)
    headers = {
        "drf": f"Token {Token.objects.get_or_create(user=request.user)[0].key}",
        "knox": f"Knox {AuthToken.objects.create(request.user)[1]}",
        "jwt": f"JWT {PreciseRefreshToken.for_user(request.user).access_token}",
        "oauth": f"Bearer {_oauth_token(request.user)}",
    }
    return JsonResponse(
        {
            name: {"method": "GET", "path": _ME, "headers": {"Authorization": one}}
            for name, one in headers.items()
        }
    )


def _oauth_token(user: Any) -> str:
    """Issue an access token as the application "Probe" would have got it."""
    application, _ = Application.objects.get_or_create(
        name="Probe",
        user=None,
        defaults={
            "client_type": Application.CLIENT_PUBLIC,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": "https://probe.example.com/",
        },
    )
    text = secrets.token_urlsafe(32)
    AccessToken.objects.create(
        user=user, application=application, token=text, expires=timezone.now() + _LIFETIME, scope="read"
    )
    return text
