"""Which ModelAdmin the pages are made of."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from django_provisioning.admin.base import ProvisioningAdmin
from django_provisioning.admin.base_class import base_class


class OwnModelAdmin(admin.ModelAdmin):
    """What a project may have made for all of its pages."""


def choose(settings: Any, path: str) -> None:
    """Let the project name a class."""
    settings.DJANGO_PROVISIONING = {"ADMIN_BASE_CLASS": path}


def test_project_names_its_own_class(settings: Any) -> None:
    """The setting wins over all else."""
    choose(settings, f"{__name__}.OwnModelAdmin")

    assert base_class() is OwnModelAdmin


def test_installed_admin_decides_without_a_choice() -> None:
    """Unfold's class where Unfold is installed, else Django's; the pages are made of it."""
    expected = (
        "unfold.admin" if "unfold" in django_settings.INSTALLED_APPS else "django.contrib.admin.options"
    )

    assert base_class().__module__ == expected
    assert issubclass(ProvisioningAdmin, base_class())


@pytest.mark.parametrize(
    "path", ["nowhere.at.all", "django.contrib.admin.AdminSite", "django.contrib.admin.site", "word"]
)
def test_what_is_no_model_admin_is_refused_by_name(path: str, settings: Any) -> None:
    """A mistake is a sentence with the setting, the value and the remedy, not a traceback from deep inside."""
    choose(settings, path)

    with pytest.raises(
        ImproperlyConfigured, match=rf"ADMIN_BASE_CLASS'\] = '{path}' is no ModelAdmin\. Name"
    ):
        base_class()
