"""URLs of a project with social-auth-app-django."""

from __future__ import annotations

from django.urls import include, path

from tests.jit_extras.whoami import whoami

urlpatterns = [
    path("social/", include("social_django.urls", namespace="social")),
    path("scim/v2/", include("django_provisioning.urls")),
    path("whoami/", whoami),
]
