"""A mistake: both packages on one prefix; the first one answers and nobody notices the second."""

from __future__ import annotations

from django.urls import include, path

from tests.django_scim2.scenes import IS_SERVER

urlpatterns = [
    path("scim/v2/", include("django_scim2_server.urls" if IS_SERVER else "django_scim.urls")),
    path("scim/v2/", include("django_provisioning.urls")),
]
