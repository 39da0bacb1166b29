"""Any other identity provider."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "SCIM 2.0",
    (
        _("Look in your product for outbound or automatic provisioning with SCIM 2.0."),
        _("Base URL, tenant URL or endpoint: paste the URL above. Do not add /Users."),
        _("Authentication: bearer token or HTTP header; paste the token."),
        _(
            "Map a name that never changes to userName, and an id that is never given away again to externalId."
        ),
        _("Switch creation, updates and deactivation on, then run the product’s connection test."),
    ),
    (_("Everything in RFC 7643 and RFC 7644 for users and groups is understood, discovery included."),),
    (Source("RFC 7644", "https://www.rfc-editor.org/rfc/rfc7644", "2026-11"),),
)
