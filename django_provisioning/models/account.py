"""Account: the provisioning record beside a Django user: where it came from, how it stands, who owns it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import KeyField


class Account(models.Model):
    """One row per Django user that this app knows. No row means "unknown, before install".

    ``origin`` never changes. ``managed_by`` repeats what the live identities say, so that dashboards count
    over one narrow index and never scan the user table; lifecycle keeps it. The words are key columns, so that the
    check constraints refuse "Active" on MariaDB as well.
    """

    class Origin(models.TextChoices):
        MANUAL = "manual", _("Manual")
        JIT_SAML = "jit_saml", _("JIT (SAML)")
        JIT_OIDC = "jit_oidc", _("JIT (OIDC)")
        SCIM = "scim", _("SCIM")
        IMPORT = "import", _("Imported")
        UNKNOWN = "unknown", _("Unknown")

    class State(models.TextChoices):
        STAGED = "staged", _("Staged")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        DEPROVISIONED = "deprovisioned", _("Deprovisioned")
        DELETED = "deleted", _("Deleted")

    class Kind(models.TextChoices):
        HUMAN = "human", _("Human")
        SERVICE = "service", _("Service")
        BREAK_GLASS = "break_glass", _("Break-glass")
        TEST = "test", _("Self-test")

    class ManagedBy(models.TextChoices):
        NONE = "none", _("Nobody")
        SSO = "sso", _("SSO")
        SCIM = "scim", _("SCIM")
        SCIM_SSO = "scim+sso", _("SCIM + SSO")

    class Suspension(models.TextChoices):
        NONE = "", _("Not suspended")
        ADMINISTRATOR = "administrator", _("By an administrator or the project’s own code")
        STALE = "stale", _("By the stale-account policy")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="provisioning_account", verbose_name=_("user")
    )
    origin = KeyField(_("origin"), max_length=10, choices=Origin)
    state = KeyField(_("state"), max_length=15, choices=State)
    suspension = KeyField(
        _("suspended"), max_length=15, choices=Suspension, blank=True, default=Suspension.NONE
    )
    managed_by = KeyField(_("managed by"), max_length=10, choices=ManagedBy, default=ManagedBy.NONE)
    kind = KeyField(_("kind"), max_length=12, choices=Kind, default=Kind.HUMAN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    access_valid_after = models.DateTimeField(_("logins older than this are void"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True)
    stale_warned_at = models.DateTimeField(_("warned of staleness at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        permissions = (("offboard_account", _("Can offboard and reinstate accounts")),)
        indexes = (
            models.Index(fields=["origin", "state", "managed_by"], name="provisioning_account_origin"),
            models.Index(fields=["state", "last_seen_at"], name="provisioning_account_seen"),
            models.Index(fields=["managed_by", "state"], name="provisioning_account_managed"),
            # The list of those whom nobody manages, which may be few.
            models.Index(fields=["managed_by", "id"], name="provisioning_account_unmanaged"),
            models.Index(fields=["kind", "id"], name="provisioning_account_kind"),
            # The list's sort; the one above serves the sweep, which looks at one state.
            models.Index(fields=["last_seen_at", "id"], name="provisioning_account_last_seen"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    origin__in=["manual", "jit_saml", "jit_oidc", "scim", "import", "unknown"]
                ),
                name="provisioning_account_origin_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["staged", "active", "suspended", "deprovisioned", "deleted"]),
                name="provisioning_account_state_known",
            ),
        )

    def __str__(self) -> str:
        return str(self.user)
