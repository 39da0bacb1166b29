"""The user model of the suite in the admin: Django's page where the model fits it, a plain one elsewhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import AbstractUser

from django_provisioning.admin.base_class import base_class
from django_provisioning.admin.user_admin import ProvisioningUserAdminMixin

_User: Any = get_user_model()
# Unfold's, where it is installed; a project puts it behind Django's page of users.
_Base: Any = base_class()


class DjangosPage(ProvisioningUserAdminMixin, UserAdmin, _Base):
    """Django's own page, as most projects have it."""


class PlainPage(ProvisioningUserAdminMixin, _Base):
    """The page of a user model that is not derived from Django's."""

    exclude = ("password", "last_login", "user_permissions")


_is_djangos = issubclass(_User, AbstractUser)
if admin.site.is_registered(_User):
    admin.site.unregister(_User)
admin.site.register(_User, DjangosPage if _is_djangos else PlainPage)
