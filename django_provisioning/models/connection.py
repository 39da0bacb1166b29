"""Connection: a configured trust between one tenant and one identity provider, with its policies."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import KeyField


class Connection(models.Model):
    """One tenant's trust in one IdP. Every SCIM look-up starts at the connection of the token."""

    class Jit(models.TextChoices):
        OFF = "off", _("Off")
        LINK_ONLY = "link_only", _("Link existing accounts only")
        CREATE = "create", _("Create accounts")

    class Linking(models.TextChoices):
        NEVER = "never", _("Never")
        VERIFIED_EMAIL = "verified_email", _("By e-mail address in a verified domain")
        TRUSTED = "trusted", _("By user name or e-mail (single tenant only)")

    class GroupSync(models.TextChoices):
        OFF = "off", _("Ignore")
        ADDITIVE = "additive", _("Add to the groups that are named")
        AUTHORITATIVE = "authoritative", _("Be in exactly the groups that are named")

    class DeleteMode(models.TextChoices):
        DEPROVISION = "deprovision", _("Deactivate and keep the Django user")
        ERASE = "erase", _("Deactivate, then delete the Django user")

    class Visibility(models.TextChoices):
        MANAGED = "managed", _("Accounts that SCIM manages")
        LINKED = "linked", _("Every account of the connection, also those made by login")

    class StaleAction(models.TextChoices):
        REPORT = "report", _("Report only")
        WARN = "warn", _("Report, and warn before the date")
        SUSPEND = "suspend", _("Warn, then suspend and revoke")

    slug = models.SlugField(_("slug"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    idp = models.CharField(_("identity provider"), max_length=30, default="generic")
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created at"))
    halted_at = models.DateTimeField(_("writes halted since"), null=True, blank=True)

    saml_entity_id = KeyField(_("SAML entity id of the IdP"), max_length=500, null=True, blank=True)
    oidc_issuer = KeyField(_("OIDC issuer"), max_length=500, null=True, blank=True)
    oidc_client_id = KeyField(_("OIDC client id"), max_length=200, null=True, blank=True)

    jit = models.CharField(_("just-in-time"), max_length=20, choices=Jit, default=Jit.OFF)
    attribute_sync = models.JSONField(_("attribute sync at login"), default=dict, blank=True)
    linking = models.CharField(_("linking"), max_length=20, choices=Linking, default=Linking.NEVER)
    delete_mode = models.CharField(
        _("on delete"), max_length=20, choices=DeleteMode, default=DeleteMode.DEPROVISION
    )
    visibility = models.CharField(
        _("visible to the IdP"), max_length=20, choices=Visibility, default=Visibility.MANAGED
    )
    required_claims = models.JSONField(_("required claims"), default=dict, blank=True)
    allowed_email_domains = models.JSONField(_("allowed e-mail domains"), default=list, blank=True)
    default_groups = models.JSONField(_("groups of new accounts"), default=list, blank=True)
    group_sync = models.CharField(_("group claims"), max_length=20, choices=GroupSync, default=GroupSync.OFF)
    privilege_rules = models.JSONField(_("groups that grant staff or superuser"), default=dict, blank=True)
    seat_limit = models.PositiveIntegerField(_("seat limit"), null=True, blank=True)
    group_prefix = models.CharField(_("group name prefix"), max_length=50, blank=True, default="")
    manages_privileged = models.BooleanField(_("manages staff and superusers"), default=False)
    strict = models.BooleanField(_("refuse what the RFC does not allow"), default=False)
    stale_after_days = models.PositiveIntegerField(_("stale after days"), null=True, blank=True)
    stale_action = models.CharField(
        _("stale accounts"), max_length=10, choices=StaleAction, default=StaleAction.REPORT
    )
    stale_warning_days = models.PositiveSmallIntegerField(_("warn days before"), default=7)
    required_group = KeyField(_("group without which access ends"), max_length=255, null=True, blank=True)
    signing_keys_url = models.CharField(_("JWKS of the IdP"), max_length=500, blank=True, default="")
    revocation_issuer = KeyField(_("issuer of revocation requests"), max_length=500, null=True, blank=True)
    session_max_age_seconds = models.PositiveIntegerField(
        _("longest session in seconds"), null=True, blank=True
    )
    mass_leave_percent = models.PositiveSmallIntegerField(_("mass-leave alarm at percent"), default=20)
    mass_leave_minutes = models.PositiveSmallIntegerField(_("mass-leave window in minutes"), default=10)
    mass_leave_halts = models.BooleanField(_("mass leave halts writes"), default=False)
    responsible = models.CharField(
        _("responsible"),
        max_length=120,
        blank=True,
        default="",
        help_text=_("Person or team that does by hand what no mechanism of this connection does."),
    )

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ("slug",)
        permissions = (
            ("manage_connection", _("Can manage connections")),
            ("issue_token", _("Can issue, rotate and revoke tokens")),
        )
        constraints = (
            models.UniqueConstraint(fields=["saml_entity_id"], name="provisioning_connection_entity_id"),
            models.UniqueConstraint(
                fields=["oidc_issuer", "oidc_client_id"], name="provisioning_connection_issuer_client"
            ),
            models.CheckConstraint(
                condition=models.Q(mass_leave_percent__lte=100), name="provisioning_connection_percent"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ConnectionDomain(models.Model):
    """An e-mail domain that a connection may speak for once ``verified_at`` is set.

    ``verified_domain`` repeats the domain while it is verified and is NULL otherwise, so that the database
    itself allows several claims but only one verified owner.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="domains")
    domain = KeyField(_("domain"), max_length=253)
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    verified_domain = KeyField(max_length=253, null=True, blank=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("e-mail domain")
        verbose_name_plural = _("e-mail domains")
        constraints = (
            models.UniqueConstraint(fields=["connection", "domain"], name="provisioning_domain_once"),
        )

    def __str__(self) -> str:
        return str(self.domain)
