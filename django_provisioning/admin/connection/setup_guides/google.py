"""Google Workspace."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "Google Workspace",
    (
        _(
            "Google provisions only applications of its catalogue, not a custom SAML app. If this site is not in "
            "the catalogue, use logins alone: choose the preset jit_only, and go on with step 7."
        ),
        _("Apps › Web and mobile apps: open the SAML app of this site, and its section Autoprovisioning."),
        _(
            "Configure autoprovisioning › App authorization: paste the token. Endpoint URL: paste the URL above."
        ),
        _("Attribute mapping: Primary email → userName; First name, Last name; Primary email → emails."),
        _(
            "Provisioning scope: choose the groups whose people shall come here, or everybody who has the app."
        ),
        _(
            "Deprovisioning: choose within 24 hours for each occasion (app off for the user, suspended, deleted); "
            "a longer delay is access that lives on. Finish, and switch autoprovisioning on."
        ),
        _(
            "Without autoprovisioning: Apps › Web and mobile apps › Add app › Add custom SAML app, with the "
            "addresses of this site, and User access on for those who may come in."
        ),
        _(
            "Without autoprovisioning: have leavers sent here as a file each night, with provisioning_offboard "
            "--file."
        ),
    ),
    (
        _("Google synchronises every few hours, and removals wait for the delay that you chose as well."),
        _("So access may live on for that time: set a longest session age on the connection."),
        _(
            "A custom SAML app tells nobody when a person leaves: the account here lives on until somebody closes "
            "it."
        ),
        _("Archived users are not synchronised; some editions limit the number of applications."),
    ),
    (
        Source("About automated user provisioning", "https://support.google.com/a/answer/7681608", "2026-11"),
        Source("Set up your own custom SAML app", "https://support.google.com/a/answer/6087519"),
    ),
)
