"""URLs of a project that shows the pages on an admin site of its own, beside Django's."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.urls import include, path

from django_provisioning.admin import register
from django_provisioning.admin.user_admin import ProvisioningUserAdminMixin


class PeoplePage(ProvisioningUserAdminMixin, UserAdmin):
    """Without the mixin W009 would speak of this site in every later test."""


ops = admin.AdminSite(name="ops")
ops.register(User, PeoplePage)
register(ops)

urlpatterns = [
    path("scim/v2/", include("django_provisioning.urls")),
    path("admin/", admin.site.urls),
    path("ops/", ops.urls),
]
