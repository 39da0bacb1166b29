"""Microsoft Entra ID."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .guide import Guide, Source

GUIDE = Guide(
    "Microsoft Entra ID",
    (
        _(
            "Enterprise applications › New application › Create your own application › Integrate any other "
            "application you don’t find in the gallery (Non-gallery)."
        ),
        _("Open Provisioning › New configuration."),
        _("Tenant URL: paste the URL above. Its flag asks Entra for requests as the standard has them."),
        _("Secret token: paste the token."),
        _("Test connection. Entra looks for a person who does not exist and expects an empty list."),
        _(
            "Mappings › Users: keep userPrincipalName → userName and IsSoftDeleted → active; map objectId → "
            "externalId, because the object id never changes and is never given to somebody else."
        ),
        _("Users and groups: assign who may use the application. Then Start provisioning."),
    ),
    (
        _("The first cycle takes 20 minutes to several hours, later ones come every 40 minutes or so."),
        _(
            "The flag aadOptscim062020 does not reach Provision on demand. The service understands Entra without "
            "it too."
        ),
        _("Who is unassigned, disabled or deleted becomes inactive; 30 days later Entra deletes the person."),
        _("Members of nested groups are not sent: assign the groups themselves."),
        _(
            "When requests keep failing, Entra puts the application in quarantine, and after four weeks stops it."
        ),
    ),
    (
        Source(
            "Develop and plan provisioning for a SCIM endpoint",
            "https://learn.microsoft.com/en-us/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups",
            "2026-11",
        ),
        Source(
            "Known issues with SCIM 2.0 protocol compliance",
            "https://learn.microsoft.com/en-us/entra/identity/app-provisioning/"
            "application-provisioning-config-problem-scim-compatibility",
            "2026-11",
        ),
    ),
    url_suffix="?aadOptscim062020",
)
