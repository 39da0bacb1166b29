"""JumpCloud."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "JumpCloud",
    (
        _(
            "SSO Applications › Add New Application › Custom Application, and choose Export users to this app "
            "(Identity Management)."
        ),
        _("Identity Management › SCIM Version: SCIM 2.0."),
        _("Base URL: paste the URL above. Token Key: paste the token."),
        _(
            "Test User Email: an address in a domain of yours that nobody has here. JumpCloud makes a test person "
            "of it."
        ),
        _("Test Connection. JumpCloud makes a test person and a test group, and deletes both."),
        _(
            "Tick Enable management of User Groups and Group Membership if groups shall be pushed, then Activate "
            "and Save."
        ),
        _("User Groups: tick the groups whose people shall come here."),
    ),
    (
        _("The test leaves a deleted person in the audit trail: it is the test, not an incident."),
        _("Empty groups are not made. A group that is taken off the application stays here as it is."),
        _("Who loses the last group of the application becomes inactive."),
        _(
            "Deactivating the integration leaves people and groups here as they are: nobody tells of leavers any "
            "more."
        ),
    ),
    (
        Source(
            "Identity Management using a Custom SCIM Integration",
            "https://jumpcloud.com/support/"
            "provision-and-manage-users-and-groups-in-apps-using-custom-scim-identity-management-integration",
            "2026-11",
        ),
    ),
)
