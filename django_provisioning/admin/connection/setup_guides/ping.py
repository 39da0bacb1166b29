"""PingOne and PingFederate."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "PingOne / PingFederate",
    (
        _("PingOne: Integrations › Provisioning › + › New connection › Identity Store › SCIM Outbound."),
        _(
            "SCIM base URL: paste the URL above. Users resource: /Users. Groups Resource: /Groups. SCIM version: "
            "2.0. Authentication method: OAuth 2 Bearer Token; OAuth Access Token: paste the token. Auth Type "
            "Header: Bearer."
        ),
        _(
            'Test connection; then Configure preferences: User Filter Expression userName Eq "%s", User '
            "Identifier userName."
        ),
        _("Allow users to be created, updated and disabled. Remove action: Disable."),
        _(
            "Make a rule from the directory to this connection, map User ID → externalId, and switch rule and "
            "connection on."
        ),
        _(
            "PingFederate instead: an SP connection with Outbound Provisioning and the type SCIM Provisioner. "
            "SCIM URL: paste the URL above. SCIM Version: 2.0. Authentication Methods: OAuth 2 Bearer Token; "
            "Access Token: paste the token. Unique User Identifier: userName."
        ),
        _(
            "PingFederate: Provisioning options: create, update and disable users; Remove User Action: Disable."
        ),
    ),
    (
        _(
            "PingOne provisions when the rule is on; people who do not match its filter any more are removed as "
            "you chose."
        ),
        _("People are written whole at each change, and groups are found by reading them all."),
        _("To change PingFederate’s Unique User Identifier later, its SP connection has to be made anew."),
        _(
            "PingFederate’s provisioner works through its queue at an interval of its own, which is part of each "
            "removal."
        ),
    ),
    (
        Source(
            "PingOne: Creating a SCIM connection",
            "https://docs.pingidentity.com/pingone/integrations/p1_create_scim_connection.html",
            "2026-11",
        ),
        Source(
            "PingFederate: SCIM provisioner settings reference",
            "https://docs.pingidentity.com/integrations/scim/setup/pf_scim_connector_scim_connector_settings_reference.html",
            "2026-11",
        ),
    ),
)
