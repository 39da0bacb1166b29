"""Rows of django-scim2-server as they are found in the wild."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from django_provisioning.models import GroupLink, Identity
from tests.django_scim2.scenes import make_tenant, run_import

pytestmark = pytest.mark.django_db


def make_user(name: str, **columns: Any) -> Any:
    """Insert a user and its row at the old server."""
    user = User.objects.create(
        username=columns.pop("username", name), is_active=columns.pop("is_active", True)
    )
    model: Any = apps.get_app_config("django_scim2_server").get_model("SCIMUser")
    return model.objects.create(user=user, scim_username=name, **columns)


def make_group(name: str, **columns: Any) -> Any:
    """Insert a group and its row at the old server."""
    group = Group.objects.create(name=columns.pop("group_name", name))
    model: Any = apps.get_app_config("django_scim2_server").get_model("SCIMGroup")
    return model.objects.create(group=group, display_name=name, **columns)


def test_live_values_win_over_stale_copies_and_are_reported() -> None:
    """userName, displayName and active are Django's; where the copy differs, the report says so."""
    row = make_user("ada", username="countess", is_active=False)
    group = make_group("Engineers", group_name="Engines")
    make_tenant()

    report = run_import()

    identity = Identity.objects.get(scim_id=str(row.pk))
    assert (identity.user_name, identity.active) == ("countess", False)
    assert GroupLink.objects.get(scim_id=str(group.pk)).display_name == "Engines"
    assert (
        report["users"]["stale_name"],
        report["users"]["stale_active"],
        report["groups"]["stale_name"],
    ) == (1, 1, 1)


def test_shared_external_ids_and_unreadable_rows_are_said() -> None:
    """A shared externalId goes to neither, and a row without a name stops nobody."""
    for name in ("ada", "grace"):
        make_user(name, external_id="7")
        make_group(name, external_id="7")
    make_user("nameless", username="")
    make_group("nameless", group_name="")
    make_tenant()

    report = run_import(code=3)

    for kind in ("users", "groups"):
        assert (report[kind]["imported"], report[kind]["skipped"], report[kind]["duplicate_external_id"]) == (
            2,
            1,
            2,
        )
    assert not Identity.objects.filter(external_id__isnull=False).exists()
    assert report["ties"] is True


def test_another_group_model_is_refused(monkeypatch: Any) -> None:
    """The old server's groups are auth.Group: with another model of ours the error names the setting."""
    make_tenant()
    monkeypatch.setattr("django_provisioning.scim2_bridge.django_scim2_server.group_model", lambda: User)

    with pytest.raises(CommandError, match="DJANGO_PROVISIONING_GROUP_MODEL"):
        call_command("provisioning_import_django_scim2_server", "--connection", "acme")
