"""SessionIndex: which sessions a user has; PendingRevocation: what a leave has still to end."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .fields import KeyField


class SessionIndex(models.Model):
    """A live session of a user. Django's session table has no user column; a leave needs one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="provisioning_sessions")
    session_key = KeyField(_("session key"), max_length=64, unique=True)
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    idp_session = KeyField(_("session at the IdP"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"))
    last_seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return f"{self.user_id} since {self.created_at:%Y-%m-%d %H:%M}"


class PendingRevocation(models.Model):
    """A revoker that has not succeeded yet for a user; until it does the account is shown as OPEN."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="provisioning_pending")
    revoker = models.CharField(_("revoker"), max_length=100)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"))
    next_attempt_at = models.DateTimeField(_("next attempt at"), db_index=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pending revocation")
        verbose_name_plural = _("pending revocations")
        constraints = (models.UniqueConstraint(fields=["user", "revoker"], name="provisioning_pending_once"),)

    def __str__(self) -> str:
        return f"{self.revoker} for {self.user_id}"
