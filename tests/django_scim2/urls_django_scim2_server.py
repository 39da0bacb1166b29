"""The day before the switch: django-scim2-server serves the prefix."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_scim2_server.urls"))]
