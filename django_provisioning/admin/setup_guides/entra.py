"""Microsoft Entra ID."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide

GUIDE = Guide(
    "Microsoft Entra ID",
    (
        _(
            "Enterprise applications › New application › Create your own application › Integrate any other application."
        ),
        _("Open Provisioning › New configuration."),
        _("Tenant URL: paste the URL above. Its flag asks Entra for requests as the standard has them."),
        _("Secret token: paste the token."),
        _("Test connection. Entra looks for a person who does not exist and expects an empty list."),
        _(
            "Mappings › Users: keep userPrincipalName → userName and IsSoftDeleted → active; map objectId → externalId."
        ),
        _("Users and groups: assign who may use the application. Then Start provisioning."),
    ),
    (
        _("The first cycle takes 20 to 40 minutes; Provision on demand does one person at once."),
        _("Who is unassigned, disabled or deleted becomes inactive; 30 days later Entra deletes the person."),
    ),
    "?aadOptscim062020",
)
