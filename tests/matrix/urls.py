"""A page behind every kind of credential; the session's is a plain Django page, as most of a project's are."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from rest_framework_simplejwt.views import TokenRefreshView

from tests.tokens.pages import VIEWS


@login_required
def desk(request: HttpRequest) -> JsonResponse:
    """Say whose session it is."""
    return JsonResponse({"pk": str(request.user.pk)})


urlpatterns = [
    path("desk/", desk),
    *(path(f"me/{name}/", VIEWS[name]) for name in ("drf", "knox", "jwt", "oauth")),
    path("jwt/refresh/", TokenRefreshView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("scim/v2/", include("django_provisioning.urls")),
]
