"""ConnectionToken: a bearer token of a connection; only a digest of it is stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .fields import KeyField


class ConnectionToken(models.Model):
    """A bearer token. ``key_id`` finds the row, ``digest`` (SHA-256, hex) proves the secret.

    A plain digest is enough because the secret is 256 random bits, and it does not depend on SECRET_KEY:
    rotating that key must not cut every IdP off.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="tokens", verbose_name=_("connection")
    )
    key_id = KeyField(_("key id"), max_length=12, unique=True)
    digest = KeyField(_("digest"), max_length=64)
    name = models.CharField(_("name"), max_length=100, blank=True)
    scopes = models.JSONField(_("scopes"), default=list)
    allowed_cidrs = models.JSONField(_("allowed networks"), default=list, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("issued by"),
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(_("last used from"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_reason = models.CharField(_("revoked because"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name or self.key_id
