"""ScimRequest: what a directory asked over SCIM and what it was answered, kept for people who look for a mistake."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .fields import KeyField


class ScimRequest(models.Model):
    """One HTTP request under the SCIM prefix; a Bulk job is one.

    ``connection`` is the token's, also where the token has expired; a request whose token is unknown has none.
    ``route`` is the path with ``{id}`` in place of the id. ``query`` has no values that could be somebody's, and the
    bodies are empty unless the setting REQUEST_LOG_BODIES is on. ``correlation_id`` is that of the events.
    """

    at = models.DateTimeField(_("time"))
    connection = models.ForeignKey(
        Connection,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # Two of the indexes below begin with it.
        related_name="requests",
        verbose_name=_("connection"),
    )
    connection_slug = models.CharField(_("connection slug"), max_length=50, blank=True, default="")
    key_id = KeyField(_("key id"), max_length=12, blank=True, default="")
    method = models.CharField(_("method"), max_length=10)
    route = models.CharField(_("endpoint"), max_length=100, blank=True, default="")
    path = models.CharField(_("path"), max_length=255)
    query = models.TextField(_("query"), blank=True, default="")
    status = models.PositiveSmallIntegerField(_("status"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    scim_type = models.CharField(_("SCIM error type"), max_length=30, blank=True, default="")
    detail = models.CharField(_("detail"), max_length=500, blank=True, default="")
    correlation_id = KeyField(_("correlation id"), max_length=128, blank=True, default="")
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=200, blank=True, default="")
    request_bytes = models.PositiveIntegerField(_("bytes received"), default=0)
    response_bytes = models.PositiveIntegerField(_("bytes sent"), default=0)
    request_body = models.TextField(_("request body"), blank=True, default="")
    response_body = models.TextField(_("response body"), blank=True, default="")

    class Meta:
        verbose_name = _("SCIM request")
        verbose_name_plural = _("SCIM requests")
        default_permissions = ("view",)
        permissions = (("view_request_body", _("Can view the bodies of SCIM requests")),)
        ordering = ("-id",)
        indexes = (
            # Holds all that the health of a connection is counted from, so that the table itself is not read.
            models.Index(
                fields=["connection", "at", "status", "milliseconds"], name="provisioning_request_health"
            ),
            models.Index(fields=["connection", "id"], name="provisioning_request_connect"),
            models.Index(fields=["status", "id"], name="provisioning_request_status"),
            models.Index(fields=["correlation_id"], name="provisioning_request_correlate"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
