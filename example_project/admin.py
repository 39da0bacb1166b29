"""The page of users: Django's own, and what provisioning has to say of them."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from django_provisioning.admin.user_admin import ProvisioningUserAdminMixin

admin.site.unregister(User)


@admin.register(User)
class PeopleAdmin(ProvisioningUserAdminMixin, UserAdmin):  # type: ignore[type-arg]
    """Shows the source of each account, and keeps what a directory owns read-only."""
