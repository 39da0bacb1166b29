"""The project's user and group models, and the apps they come from."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured

from ..conf import GROUP_MODEL_NAME, NAME, group_model_label, settings
from ..models.membership import group_model, membership_table
from .problems import Problems

_NEEDED_APPS = ("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions")
_PASSWORD_METHODS = ("set_unusable_password", "has_usable_password", "get_username")


def user_and_group_models_fit() -> Problems:
    """E003: the user model can be activated, locked out and put into groups, and the mappings name real fields."""
    user = get_user_model()
    if not _has_column(user, "is_active"):
        yield f"{user._meta.label} has no field is_active.", "Without it nobody can be deactivated; add it."
    for method in _PASSWORD_METHODS:
        if not callable(getattr(user, method, None)):
            yield f"{user._meta.label} has no method {method}().", "Derive it from AbstractBaseUser."
    for path, name in (settings.USER_MAPPING or {}).items():
        if name is not None and not (isinstance(name, str) and _has_column(user, name)):
            yield (
                f"{NAME}['USER_MAPPING'] maps {path!r} to {name!r}.",
                f"{user._meta.label} has no such field.",
            )
    yield from _group_problems()


def _group_problems() -> Problems:
    label = group_model_label()
    try:
        group = group_model()
    except (LookupError, ValueError):
        yield f"{GROUP_MODEL_NAME} is {label!r}, which is no installed model.", "Write 'app_label.Model'."
        return
    if not _has_column(group, settings.GROUP_NAME_FIELD):
        yield f"{label} has no field {settings.GROUP_NAME_FIELD!r}.", f"Set {NAME}['GROUP_NAME_FIELD']."
    try:
        membership_table()
    except ImproperlyConfigured as error:
        yield str(error), "A user model gets one from PermissionsMixin."


def _has_column(model: Any, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


def needed_apps_are_installed() -> Problems:
    """E004: the Django apps that the tables and revokers rely on are there."""
    for name in _NEEDED_APPS:
        if not apps.is_installed(name):
            yield f"{name!r} is not in INSTALLED_APPS.", "Add it: django_provisioning relies on it."
