"""PolicyRun: when a scheduled job last ran and what it found; Evidence: a signed proof that can be shown later."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import KeyField


class PolicyRun(models.Model):
    """One run of one job of ``provisioning_run``. ``finished_at`` stays empty when the process was stopped."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    job = KeyField(_("job"), max_length=50)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.RUNNING)
    findings = models.JSONField(_("findings"), default=dict)

    class Meta:
        verbose_name = _("policy run")
        verbose_name_plural = _("policy runs")
        default_permissions = ("view",)
        ordering = ("-id",)
        indexes = (models.Index(fields=["job", "id"], name="provisioning_run_job"),)

    def __str__(self) -> str:
        return f"{self.job} at {self.started_at:%Y-%m-%d %H:%M}"


class Evidence(models.Model):
    """A proof as it was made: its content as canonical JSON text, and the signature over that text."""

    kind = KeyField(_("kind"), max_length=30)
    created_at = models.DateTimeField(_("created at"))
    passed = models.BooleanField(_("passed"))
    content = models.TextField(_("content"))
    key_id = KeyField(_("key"), max_length=64)
    signature = KeyField(_("signature"), max_length=128)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        default_permissions = ("view",)
        ordering = ("-id",)
        indexes = (models.Index(fields=["kind", "id"], name="provisioning_evidence_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.created_at:%Y-%m-%d %H:%M}"
