"""Okta."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "Okta",
    (
        _(
            "Applications › Create App Integration: make the sign-on application, then General › Provisioning: SCIM."
        ),
        _("Provisioning › Integration › SCIM connector base URL: paste the URL above."),
        _("Unique identifier field for users: userName."),
        _("Supported actions: Import New Users, Push New Users, Push Profile Updates, Push Groups."),
        _("Authentication Mode: HTTP Header, and the token as bearer. Then Test Connector Configuration."),
        _("Provisioning › To App: enable Create Users, Update User Attributes and Deactivate Users."),
        _("Assignments: assign people or groups. Push Groups: choose the groups to push."),
    ),
    (
        _("Who is unassigned becomes inactive at once. Okta does not delete people."),
        _("Okta sends a random password with each new person; it is dropped."),
    ),
)
