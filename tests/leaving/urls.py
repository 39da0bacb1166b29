"""The site of these tests: SCIM, the admin, and a page that says who asks, by session or by token."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


def by_session(request: HttpRequest) -> HttpResponse:
    """Answer 200 to who is logged in, 401 to nobody."""
    return HttpResponse(status=200 if request.user.is_authenticated else 401)


class ByToken(APIView):
    """Answers 200 to the owner of a token."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request, *args: Any) -> Response:
        """Answer."""
        return Response({})


urlpatterns = [
    path("scim/v2/", include("django_provisioning.urls")),
    path("admin/", admin.site.urls),
    path("me/", by_session),
    path("api/me/", ByToken.as_view()),
]
