"""A page behind every kind of token, and the endpoints of the packages."""

from __future__ import annotations

from django.urls import include, path
from rest_framework_simplejwt.views import TokenRefreshView, TokenVerifyView

from tests.tokens import pages

urlpatterns = [
    *(path(f"me/{name}/", view, name=name) for name, view in pages.VIEWS.items()),
    path("jwt/refresh/", TokenRefreshView.as_view()),
    path("jwt/verify/", TokenVerifyView.as_view()),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("accounts/", include("allauth.urls")),
    path("scim/v2/", include("django_provisioning.urls")),
]
