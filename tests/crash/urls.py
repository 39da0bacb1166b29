"""SCIM, and two pages that say who somebody is: by a session and by a token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


def by_session(request: HttpRequest) -> HttpResponse:
    """Answer 200 to somebody who is logged in."""
    return HttpResponse(status=200 if request.user.is_authenticated else 401)


class ByToken(APIView):
    """Answers 200 to a good token."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """Say so."""
        return Response({"user": str(request.user)})


urlpatterns = [
    path("scim/v2/", include("django_provisioning.urls")),
    path("session/", by_session),
    path("token/", ByToken.as_view()),
]
