"""Keycloak."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "Keycloak",
    (
        _(
            "Keycloak’s own SCIM (experimental since 26.6) receives people and sends none. Without an extension "
            "use logins: choose the preset jit_only, give the connection Keycloak’s issuer and client, and stop "
            "here."
        ),
        _(
            "Put a SCIM client extension of your choice into the folder providers, and start Keycloak again. Such "
            "an extension is not Keycloak’s own: read its code before you trust it."
        ),
        _(
            "Realm settings › Events › Event listeners: add the listener of the extension (often called scim)."
        ),
        _("User federation › Add provider: choose the SCIM provider of the extension."),
        _("SCIM 2.0 endpoint: paste the URL above. Endpoint content type: application/scim+json."),
        _("Auth mode: Bearer; paste the token. Switch propagation of users on, and of groups if wanted."),
        _("Save, then Sync all users once."),
    ),
    (
        _(
            "With logins alone, let Keycloak end sessions too: a client’s Backchannel logout URL reaches this "
            "site."
        ),
        _(
            "Some extensions send the whole member list at each change of a group; this service takes it in "
            "batches."
        ),
        _("A request of an extension that fails may be lost: run its full synchronisation every night."),
        _(
            "Deletions in Keycloak arrive as DELETE; the on-delete policy of the connection says what that does."
        ),
    ),
    (
        Source(
            "SCIM Realm API as an Experimental Feature",
            "https://www.keycloak.org/2026/04/scim-as-experimental-feature",
            "2026-11",
        ),
        Source(
            "Server Administration Guide",
            "https://www.keycloak.org/docs/latest/server_admin/",
        ),
    ),
)
