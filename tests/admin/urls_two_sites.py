"""URLs of a project that shows the pages on an admin site of its own, beside Django's."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.urls import include, path

from django_provisioning.admin import register

ops = admin.AdminSite(name="ops")
ops.register(User, UserAdmin)
register(ops)

urlpatterns = [
    path("scim/v2/", include("django_provisioning.urls")),
    path("admin/", admin.site.urls),
    path("ops/", ops.urls),
]
