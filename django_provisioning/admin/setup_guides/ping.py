"""PingOne and PingFederate."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "PingOne / PingFederate",
    (
        _("PingOne: Integrations › Provisioning › New Connection › Identity Store › SCIM Outbound."),
        _("PingFederate: SP Connections › Outbound Provisioning, with the SCIM connector 2.0."),
        _(
            "SCIM Base URL: paste the URL above. SCIM version: 2.0. Authentication: Bearer Token; paste the token."
        ),
        _('User filter expression: userName Eq "%s". User identifier: userName.'),
        _("Test Connection, then save with Create, Update and Disable users switched on."),
        _("Remove action: Disable. Deprovision on rule deletion: on."),
        _(
            "PingOne: make a rule from the directory to this connection, map the attributes, and switch both on."
        ),
    ),
    (
        _("People are written whole at each change."),
        _("Groups are found by reading them all; group push is a setting of its own."),
    ),
)
