"""Identity: the link between a connection and an account, and what the IdP pushed about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .fields import KeyField


class IdentityQuerySet(models.QuerySet["Identity"]):
    """Identities; every SCIM look-up starts with ``of(connection)``."""

    def of(self, connection: Connection) -> IdentityQuerySet:
        """Restrict to what the connection may see: its live identities, by default those SCIM manages."""
        visible = self.filter(connection=connection, live=True)
        if connection.visibility == Connection.Visibility.MANAGED:
            visible = visible.filter(scim_managed=True)
        return visible


class Identity(models.Model):
    """The link (connection, user) with the SCIM id, the SSO subject and the pushed attributes.

    ``live`` is True until the identity is deleted and NULL afterwards. Unique constraints include it, and NULLs
    never collide, so a tombstone frees its userName on every database (MariaDB has no partial indexes).
    ``attributes`` is the canonical SCIM document that the IdP pushed, without userName, externalId, active and
    what the server owns. ``user_name_key`` is the folded userName. ``outside_since`` says that it is the connection's
    group rule that made the identity inactive, and not the IdP.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="identities", verbose_name=_("connection")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="provisioning_identities",
        verbose_name=_("user"),
    )
    scim_id = KeyField(_("SCIM id"))
    external_id = KeyField(_("external id"), null=True, blank=True)
    user_name = KeyField(_("user name"))
    user_name_key = KeyField(max_length=255)
    subject = KeyField(_("SSO subject"), null=True, blank=True)
    subject_issuer = KeyField(_("issuer of the subject"), max_length=500, null=True, blank=True)
    subject_format = models.CharField(_("format of the subject"), max_length=100, blank=True, default="")
    active = models.BooleanField(_("active"), default=True)
    outside_since = models.DateTimeField(_("outside of the required group since"), null=True, blank=True)
    scim_managed = models.BooleanField(_("managed by SCIM"), default=False)
    attributes = models.JSONField(_("pushed attributes"), default=dict, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))
    last_synced_at = models.DateTimeField(_("last synced at"), null=True, blank=True)
    last_login_at = models.DateTimeField(_("last login at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    live = models.BooleanField(null=True, default=True, editable=False)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = (
            models.UniqueConstraint(fields=["connection", "scim_id"], name="provisioning_identity_scim_id"),
            models.UniqueConstraint(
                fields=["connection", "user_name_key", "live"], name="provisioning_identity_user_name"
            ),
            models.UniqueConstraint(
                fields=["connection", "external_id", "live"], name="provisioning_identity_external_id"
            ),
            models.UniqueConstraint(
                fields=["connection", "subject", "live"], name="provisioning_identity_subject"
            ),
            models.UniqueConstraint(fields=["connection", "user", "live"], name="provisioning_identity_user"),
            models.CheckConstraint(
                # With NULL in `live` alone the condition would be NULL, which a check lets pass.
                condition=models.Q(live__isnull=False, live=True, deleted_at__isnull=True)
                | models.Q(live__isnull=True, deleted_at__isnull=False),
                name="provisioning_identity_live_or_deleted",
            ),
            models.CheckConstraint(condition=~models.Q(scim_id=""), name="provisioning_identity_has_scim_id"),
        )
        indexes = (
            models.Index(fields=["connection", "live", "id"], name="provisioning_identity_page"),
            models.Index(fields=["connection", "updated_at"], name="provisioning_identity_updated"),
            # The admin's list knows no connection: it searches and sorts by these.
            models.Index(fields=["user_name_key", "id"], name="provisioning_identity_name"),
            models.Index(fields=["last_synced_at", "id"], name="provisioning_identity_synced"),
            # Tombstones are few.
            models.Index(fields=["live", "id"], name="provisioning_identity_live"),
            # Links that neither a push nor a login has used yet.
            models.Index(fields=["scim_managed", "subject"], name="provisioning_identity_unused"),
        )

    def __str__(self) -> str:
        return str(self.user_name)
