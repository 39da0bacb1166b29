"""Okta."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "Okta",
    (
        _(
            "Applications › Create App Integration: make the sign-on application; then General › App Settings › "
            "Edit › Provisioning: SCIM."
        ),
        _("Provisioning › Integration › SCIM connector base URL: paste the URL above."),
        _("Unique identifier field for users: userName."),
        _(
            "Supported provisioning actions: Import New Users and Profile Updates, Push New Users, Push Profile "
            "Updates, Push Groups."
        ),
        _(
            "Authentication Mode: HTTP Header, and paste the token as Bearer. Then Test Connector Configuration, "
            "and Save."
        ),
        _("Provisioning › To App: enable Create Users, Update User Attributes and Deactivate Users."),
        _("Assignments: assign people or groups. Push Groups: choose the groups to push."),
    ),
    (
        _("Who is unassigned becomes inactive at once. Okta does not delete people."),
        _(
            "Import reads the people who are here into Okta, where somebody matches them; it changes nothing "
            "here."
        ),
        _("Okta sends a random password with each new person; it is dropped."),
        _("A group that is assigned is not pushed by that: Push Groups is a list of its own."),
    ),
    (
        Source(
            "Add SCIM provisioning to app integrations",
            "https://help.okta.com/oie/en-us/content/topics/apps/apps_app_integration_wizard_scim.htm",
        ),
    ),
)
