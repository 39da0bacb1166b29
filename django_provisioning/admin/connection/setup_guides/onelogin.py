"""OneLogin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

# What OneLogin fills in and sends; without "active" a suspension would never arrive.
_TEMPLATE = """\
{
  "schemas": [
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
  ],
  "userName": "{$parameters.scimusername}",
  "externalId": "{$user.id}",
  "active": "{$user.active}",
  "displayName": "{$user.display_name}",
  "name": {
    "givenName": "{$user.firstname}",
    "familyName": "{$user.lastname}"
  },
  "emails": [{"value": "{$user.email}", "type": "work", "primary": true}],
  "title": "{$parameters.title}",
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    "department": "{$parameters.department}",
    "manager": {"value": "{$parameters.external_manager_id}"}
  }
}"""

GUIDE = Guide(
    "OneLogin",
    (
        _("Applications › Add App: search for SCIM Provisioner with SAML (SCIM v2 Enterprise), and Save."),
        _("Configuration › SCIM Base URL: paste the URL above. SCIM Bearer Token: paste the token."),
        _("Configuration › SCIM JSON Template: paste the template below. Leave groups out of it."),
        _("Configuration › API Connection: Enable. The API status must become Enabled."),
        _(
            "Provisioning: tick Enable provisioning. When users are deleted in OneLogin: Suspend or Delete, not "
            "Do Nothing."
        ),
        _(
            "Provisioning › Require admin approval before this action: clear what shall not wait for somebody."
        ),
        _(
            "Access: choose the roles whose people shall come here. Rules: map them to groups here, if you push "
            "any."
        ),
    ),
    (
        _(
            "With an approval switched on, changes wait in OneLogin until somebody approves them, removals as "
            "well."
        ),
        _("The template sends true and false as text, and nothing as null: both are understood."),
        _("With Do Nothing a person who is deleted in OneLogin keeps the access here."),
        _("People and groups that were here before are read when the connection is enabled."),
    ),
    (
        Source(
            "Test your SCIM implementation", "https://developers.onelogin.com/scim/test-your-scim", "2026-11"
        ),
        Source(
            "SCIM custom connector (KB0013904)",
            "https://onelogin.service-now.com/kb?id=kb_article_view&sysparm_article=KB0013904",
            "2026-11",
        ),
    ),
    template=_TEMPLATE,
)
