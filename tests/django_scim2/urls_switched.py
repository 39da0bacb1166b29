"""The day after: this package serves the same prefix, under django-scim2's URL names as well."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_provisioning.scim2_bridge.urls"))]
