"""JumpCloud."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "JumpCloud",
    (
        _(
            "SSO Applications › Add New Application › Custom Application, and choose Export users to this app."
        ),
        _("Identity Management › Configuration type: SCIM API, version 2.0."),
        _(
            "Base URL: paste the URL above. Token Key: paste the token. Test user e-mail: an address nobody has here."
        ),
        _("Test Connection. JumpCloud makes a test person and a test group and deletes both."),
        _("Enable management of user groups if groups shall be pushed, then Activate."),
        _("User Groups: tick the groups whose people shall come here."),
    ),
    (
        _("The test leaves a deactivated person in the audit trail: it is the test, not an incident."),
        _("Who loses the app becomes inactive, or is deleted where the application is set so."),
    ),
)
