"""Leave: one removal of access, with the three times by which it is judged (how soon, how completely)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .fields import KeyField


class Leave(models.Model):
    """A removal, written in its transaction and closed when the last revoker has succeeded.

    ``source_at`` is when the source decided it, where that is known (mostly not: then it is "not measured");
    ``received_at`` is when the request, click or sweep began; ``deactivated_at`` when the change was durable;
    ``closed_at`` when nothing was left to revoke. Until then the leave is OPEN, whatever happened to the process.
    A row keeps its texts when the user or the connection is deleted.
    """

    class Path(models.TextChoices):
        SCIM_PATCH = "scim_patch", _("SCIM PATCH")
        SCIM_PUT = "scim_put", _("SCIM PUT")
        SCIM_POST = "scim_post", _("SCIM POST")
        SCIM_DELETE = "scim_delete", _("SCIM DELETE")
        SCIM_BULK = "scim_bulk", _("SCIM Bulk")
        GROUP_RULE = "group_rule", _("Removed from the required group")
        LOGIN = "login", _("SSO login")
        ADMIN = "admin", _("Administrator")
        COMMAND = "command", _("Command")
        STALE_POLICY = "stale_policy", _("Stale-account policy")
        APPLICATION = "application", _("The project’s own code")
        OUT_OF_BAND = "out_of_band", _("Found by the sweep")
        CONNECTION = "connection", _("Connection disabled or deleted")

    event_uid = models.UUIDField(_("event"), unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="provisioning_leaves",
        verbose_name=_("user"),
    )
    subject_id = KeyField(_("subject id"), max_length=64)
    subject_label = models.CharField(_("subject"), max_length=255, blank=True, default="")
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, related_name="leaves", verbose_name=_("connection")
    )
    connection_slug = models.CharField(_("connection slug"), max_length=50, blank=True, default="")
    path = models.CharField(_("path"), max_length=20, choices=Path)
    everywhere = models.BooleanField(_("all access ended"))
    source_at = models.DateTimeField(_("decided at the source at"), null=True)
    received_at = models.DateTimeField(_("received at"))
    deactivated_at = models.DateTimeField(_("deactivated at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    ended = models.JSONField(_("what ended"), default=dict)

    class Meta:
        verbose_name = _("leaver")
        verbose_name_plural = _("leavers")
        default_permissions = ("view",)
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["closed_at", "id"], name="provisioning_leave_open"),
            # What is late is read from this index alone.
            models.Index(fields=["received_at", "closed_at"], name="provisioning_leave_received"),
            models.Index(fields=["path", "id"], name="provisioning_leave_path"),
            models.Index(fields=["connection", "id"], name="provisioning_leave_connection"),
        )

    def __str__(self) -> str:
        return f"{self.subject_label} ({self.get_path_display()})"
