"""Roles: groups of Django permissions for the people who look after accounts, made and kept by one command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import Group, Permission

from ..exceptions import ProvisioningError
from . import audit
from .context import Context

_VIEWS = (
    "view_dashboard", "view_account", "view_connection", "view_identity", "view_grouplink", "view_sessionindex",
    "view_event", "view_leave", "view_scimrequest",
)  # fmt: skip
AUDITOR = (*_VIEWS, "export_report")
OPERATOR = (*AUDITOR, "change_account", "offboard_account")
ADMIN = (*OPERATOR, "add_connection", "change_connection", "manage_connection", "issue_token")

ROLES: Mapping[str, Sequence[str]] = {
    "Provisioning auditor": AUDITOR,
    "Provisioning operator": OPERATOR,
    "Provisioning admin": ADMIN,
}


def set_up(context: Context, *, reset: bool = False) -> dict[str, dict[str, list[str]]]:
    """Make the groups and give them what they miss; ``reset`` also takes away what is not theirs [4 queries a role].

    Gives for each group what was added and removed. Running it again changes nothing.

    Raises:
        ProvisioningError: a permission is missing, because the migrations have not run.
    """
    return {name: _set_up(context, name, codenames, reset=reset) for name, codenames in ROLES.items()}


def _set_up(context: Context, name: str, codenames: Sequence[str], *, reset: bool) -> dict[str, list[str]]:
    wanted = {
        permission.codename: permission
        for permission in Permission.objects.filter(
            content_type__app_label="django_provisioning", codename__in=codenames
        )
    }
    if missing := sorted(set(codenames) - set(wanted)):
        text = f"The permissions {', '.join(missing)} do not exist. Run migrate first."
        raise ProvisioningError(text, reason="no_permission")
    group, made = Group.objects.get_or_create(name=name)
    present = {permission.pk: permission.codename for permission in group.permissions.all()}
    added = sorted(codename for codename, permission in wanted.items() if permission.pk not in present)
    strange = sorted(codename for key, codename in present.items() if codename not in wanted)
    removed = strange if reset else []
    group.permissions.add(*(wanted[codename] for codename in added))
    if removed:
        group.permissions.set(wanted.values())
    if made or added or removed:
        subject = audit.Subject("role", str(group.pk), name)
        audit.record(context, "role.configured", subject, effects={"added": added, "removed": removed})
    return {"added": added, "removed": removed}
