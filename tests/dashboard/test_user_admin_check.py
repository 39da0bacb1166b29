"""W009: the project's page of users is known to say where accounts came from."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import sites
from django.contrib.auth import get_user_model

from django_provisioning import checks
from django_provisioning.admin.user_admin import ProvisioningUserAdminMixin

CHECK = next(check for check in checks.CHECKS if check.id == "W009")


class BarePage(admin.ModelAdmin):
    """A page of users without our mixin."""


class ShowingPage(ProvisioningUserAdminMixin, admin.ModelAdmin):
    """A page of users with it."""


@pytest.fixture
def ops(monkeypatch: pytest.MonkeyPatch) -> admin.AdminSite:
    """Give the only admin site of the project; the list that it puts itself into ends with the test."""
    monkeypatch.setattr(sites, "all_sites", set())
    return admin.AdminSite(name="ops")


def test_page_of_users_without_the_mixin_is_warned_of(ops: admin.AdminSite) -> None:
    """W009 names page, model and site, and the hint names the remedy."""
    ops.register(get_user_model(), BarePage)

    (message,) = CHECK.run(["default"])

    assert message.id == "django_provisioning.W009"
    assert message.msg.startswith("BarePage of the admin site 'ops'")
    assert "ProvisioningUserAdminMixin" in str(message.hint)


def test_page_of_users_with_the_mixin_is_well(ops: admin.AdminSite) -> None:
    """W009 is content with any page that derives from the mixin."""
    ops.register(get_user_model(), ShowingPage)

    assert CHECK.run(["default"]) == []


def test_site_without_a_page_of_users_is_well(ops: admin.AdminSite) -> None:
    """W009 asks for no page that the project does not want."""
    assert CHECK.run(["default"]) == []


def test_project_without_the_admin_is_well(ops: admin.AdminSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """W009 has nothing to say where there is no admin."""
    from django.apps import apps

    ops.register(get_user_model(), BarePage)
    is_installed: Any = apps.is_installed
    monkeypatch.setattr(
        apps, "is_installed", lambda name: name != "django.contrib.admin" and is_installed(name)
    )

    assert CHECK.run(["default"]) == []
