"""Rollup: figures that were counted in advance, so that a page costs the same at any size; Dashboard: its page."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import KeyField


class Rollup(models.Model):
    """One figure of ``figures.Figure``, as ``provisioning_run`` counted it last.

    ``scope`` is the primary key of a connection as text, "" for all; ``day`` is a day in UTC where the figure is one
    of a series; ``at`` is the time of the latest event that it counts.
    """

    metric = KeyField(_("metric"), max_length=30)
    scope = KeyField(_("scope"), max_length=20, blank=True, default="")
    key = KeyField(_("key"), max_length=60, blank=True, default="")
    day = models.DateField(_("day"), null=True)
    count = models.PositiveBigIntegerField(_("count"), default=0)
    at = models.DateTimeField(_("latest at"), null=True)
    computed_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["metric", "scope", "key", "day"], name="provisioning_rollup_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.metric} {self.key}: {self.count}"


class Dashboard(Rollup):
    """No table of its own: it puts the overview into the admin's index and carries its permissions."""

    class Meta:
        proxy = True
        verbose_name = _("overview")
        verbose_name_plural = _("overview")
        default_permissions = ()
        permissions = (
            ("view_dashboard", _("Can view the provisioning overview")),
            ("export_report", _("Can export lists as files")),
        )
