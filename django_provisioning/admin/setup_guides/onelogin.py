"""OneLogin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "OneLogin",
    (
        _("Applications › Add App: choose a SCIM provisioner with SAML, SCIM v2 Enterprise."),
        _("Configuration › SCIM Base URL: paste the URL above. SCIM Bearer Token: paste the token."),
        _("API Connection: Enable. The API status must become Enabled."),
        _(
            "Provisioning: enable it, and choose what deleting a person or taking the app away does: Delete or Suspend."
        ),
        _("Rules: map roles or groups to the groups here, if you push any."),
        _("Users: give people the app, by a role or one by one."),
    ),
    (
        _("With an approval switched on, changes wait in OneLogin until somebody approves them."),
        _("People and groups that were here before are read when the app is saved."),
    ),
)
