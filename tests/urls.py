"""URLs of the suite: the SCIM service and the admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("scim/v2/", include("django_provisioning.urls")),
    path("admin/", admin.site.urls),
]
