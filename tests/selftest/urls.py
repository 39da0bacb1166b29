"""URLs of a project that serves SCIM and the token views, and has not included the page of the self-test."""

from __future__ import annotations

from django.urls import include, path
from rest_framework_simplejwt.views import TokenRefreshView

from tests.selftest import pages

urlpatterns = [
    path("scim/v2/", include("django_provisioning.urls")),
    path("oauth/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("desk/", pages.desk),
    path("news/", pages.news),
    path("own-key/", pages.own_key),
    path("failing/", pages.failing),
]
