"""What a user can come in by: SessionIndex, CredentialOrigin; and what of it has still to end: PendingRevocation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .fields import KeyField


class SessionIndex(models.Model):
    """A live session of a user. Django's session table has no user column; a leave needs one."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="provisioning_sessions",
        verbose_name=_("user"),
    )
    session_key = KeyField(_("session key"), max_length=64, unique=True)
    connection = models.ForeignKey(
        Connection,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("connection"),
    )
    idp_session = KeyField(_("session at the IdP"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"))
    last_seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = (
            models.Index(fields=["last_seen_at", "id"], name="provisioning_session_seen"),
            models.Index(fields=["connection", "id"], name="provisioning_session_connect"),
        )

    def __str__(self) -> str:
        since = f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M %Z}"
        return gettext("%(user)s since %(since)s") % {"user": self.user_id, "since": since}


class CredentialOrigin(models.Model):
    """A token that was made in a session of a connection, so that the end of that connection can end it too.

    ``kind`` is the revoker's word, ``key`` the primary key of the token's row, never the token itself.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="provisioning_credentials"
    )
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="credentials")
    kind = KeyField(_("kind"), max_length=50)
    key = KeyField(_("key"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("credential origin")
        verbose_name_plural = _("credential origins")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="provisioning_credential_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class PendingRevocation(models.Model):
    """A revoker that has still to run, or to succeed, for a user; until it does the account is shown as OPEN.

    ``connection`` limits it as it limited the leave; ``scope`` repeats its key as text ("" for all access), because
    NULLs never collide in a unique constraint.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="provisioning_pending")
    revoker = KeyField(_("revoker"), max_length=100)
    connection = models.ForeignKey(Connection, models.CASCADE, null=True, related_name="pending_revocations")
    scope = KeyField(_("scope"), max_length=20, blank=True, default="")
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"))
    next_attempt_at = models.DateTimeField(_("next attempt at"), db_index=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pending revocation")
        verbose_name_plural = _("pending revocations")
        constraints = (
            models.UniqueConstraint(fields=["user", "revoker", "scope"], name="provisioning_pending_once"),
        )

    def __str__(self) -> str:
        return f"{self.revoker} for {self.user_id}"
