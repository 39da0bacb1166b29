"""URLs of a project with django-allauth."""

from __future__ import annotations

from django.urls import include, path

from tests.jit_extras.whoami import whoami

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("scim/v2/", include("django_provisioning.urls")),
    path("whoami/", whoami),
]
