"""Which ``ModelAdmin`` the pages are made of: the project's choice, Unfold's where Unfold is installed, or Django's."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ..conf import NAME, settings

_UNFOLD = "unfold.admin.ModelAdmin"


def base_class() -> type[admin.ModelAdmin[Any]]:
    """Give the class that ``ADMIN_BASE_CLASS`` names, else Unfold's if it is among the installed apps, else Django's.

    Asked once, when the pages are imported: a later change of the setting has no effect.

    Raises:
        ImproperlyConfigured: the setting names something else than a ``ModelAdmin``.
    """
    path = settings.ADMIN_BASE_CLASS or (_UNFOLD if apps.is_installed("unfold") else "")
    if not path:
        return admin.ModelAdmin
    try:
        found = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(_message(path)) from error
    if not (isinstance(found, type) and issubclass(found, admin.ModelAdmin)):
        raise ImproperlyConfigured(_message(path))
    return found


def _message(path: str) -> str:
    return (
        f"{NAME}['ADMIN_BASE_CLASS'] = {path!r} is no ModelAdmin. Name a subclass of "
        "django.contrib.admin.ModelAdmin by its dotted path, or leave the setting out."
    )
