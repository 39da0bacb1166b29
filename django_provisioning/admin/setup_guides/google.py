"""Google Workspace."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "Google Workspace",
    (
        _(
            "Apps › Web and mobile apps: open the SAML app of this site. Google offers provisioning for catalogue apps."
        ),
        _("Autoprovisioning › Configure autoprovisioning."),
        _("App authorisation: paste the token. Endpoint URL: paste the URL above."),
        _("Attribute mapping: username → userName; given and family name; work e-mail."),
        _("Scope: choose the groups whose people shall come here, or everybody who has the app."),
        _(
            "Deprovisioning: choose how long after each occasion Google suspends or deletes; shorter is safer."
        ),
        _("Finish, and switch autoprovisioning on."),
    ),
    (
        _("Google synchronises every few hours, and removals wait for the delay that you chose as well."),
        _("So access may live on for that time: set a longest session age, and use logout from the IdP."),
    ),
)
