"""Keycloak."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "Keycloak",
    (
        _(
            "Keycloak itself sends no SCIM to applications: install a SCIM client extension of your choice first."
        ),
        _("Realm settings › Events › Event listeners: add the listener of the extension."),
        _("User federation › Add provider: choose the SCIM provider of the extension."),
        _("SCIM 2.0 endpoint: paste the URL above. Content type: application/scim+json."),
        _(
            "Authentication: Bearer; paste the token. Switch propagation of users, and of groups if wanted, on."
        ),
        _("Save, then run a full synchronisation once."),
    ),
    (
        _(
            "Some extensions send the whole member list at each change of a group; this service takes it in batches."
        ),
        _(
            "Deletions in Keycloak arrive as DELETE; the on-delete policy of the connection says what that does."
        ),
    ),
)
