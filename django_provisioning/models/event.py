"""Event: the audit row, written in the transaction of the change and never changed afterwards."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from .connection import Connection
from .event_types import LABELS
from .fields import KeyField


class EventQuerySet(models.QuerySet["Event"]):
    """Events can be read and added, nothing else."""

    def of_people(self) -> EventQuerySet:
        """Leave out what self-tests did: figures are about people."""
        return self.exclude(
            models.Q(connection_slug__startswith="selftest-", connection=None)
            | models.Q(subject_label__startswith="provisioning-selftest-")
        )

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse: the audit trail is append-only."""
        raise TypeError("Events are append-only and cannot be updated.")

    def delete(self) -> NoReturn:
        """Refuse: the audit trail is append-only."""
        raise TypeError("Events are append-only and cannot be deleted.")


class Event(models.Model):
    """What happened, to whom, by whom, with what effect.

    The subject is stored as text, not as a foreign key, so that it survives the row it speaks of. ``changes`` is
    ``{"attribute": {"old": …, "new": …}}``, secrets as "<redacted>"; ``effects`` counts what a leave ended.
    """

    class Outcome(models.TextChoices):
        SUCCESS = "success", _("Success")
        FAILURE = "failure", _("Failure")
        SKIPPED = "skipped", _("Skipped")
        WARNING = "warning", _("Warning")

    class Phase(models.TextChoices):
        JOINER = "joiner", _("Joiner")
        MOVER = "mover", _("Mover")
        LEAVER = "leaver", _("Leaver")
        OTHER = "other", _("Other")

    uid = models.UUIDField(_("id of the event"), default=uuid.uuid4, unique=True, editable=False)
    occurred_at = models.DateTimeField(_("time"))
    type = models.CharField(_("type"), max_length=50)
    phase = models.CharField(_("phase"), max_length=10, choices=Phase)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.SUCCESS)
    reason = models.CharField(_("reason"), max_length=100, blank=True, default="")
    actor_type = models.CharField(_("actor type"), max_length=20)
    actor_id = KeyField(_("actor id"), blank=True, default="")
    actor_label = models.CharField(_("actor"), max_length=255, blank=True, default="")
    connection = models.ForeignKey(
        Connection,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("connection"),
    )
    connection_slug = models.CharField(_("connection slug"), max_length=50, blank=True, default="")
    subject_type = models.CharField(_("subject type"), max_length=20)
    subject_id = KeyField(_("subject id"), max_length=64, blank=True, default="")
    subject_label = models.CharField(_("subject"), max_length=255, blank=True, default="")
    scim_id = KeyField(_("SCIM id"), blank=True, default="")
    changes = models.JSONField(_("changes"), default=dict)
    effects = models.JSONField(_("effects"), default=dict)
    correlation_id = KeyField(_("correlation id"), max_length=128, blank=True, default="")
    batch_id = KeyField(_("batch id"), max_length=64, blank=True, default="")
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        default_permissions = ("view",)
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["subject_type", "subject_id", "id"], name="provisioning_event_subject"),
            models.Index(fields=["connection", "id"], name="provisioning_event_connection"),
            models.Index(fields=["type", "id"], name="provisioning_event_type"),
            models.Index(fields=["phase", "occurred_at"], name="provisioning_event_phase"),
            models.Index(fields=["correlation_id"], name="provisioning_event_correlation"),
            models.Index(fields=["batch_id"], name="provisioning_event_batch"),
            models.Index(fields=["outcome", "id"], name="provisioning_event_outcome"),
        )
        constraints = (
            models.CheckConstraint(condition=~models.Q(actor_type=""), name="provisioning_event_has_actor"),
            models.CheckConstraint(condition=~models.Q(type=""), name="provisioning_event_has_type"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.subject_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that exists."""
        if not self._state.adding:
            raise TypeError("Events are append-only and cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: the audit trail is append-only."""
        raise TypeError("Events are append-only and cannot be deleted.")

    @property
    def label(self) -> str:
        """Give the type in words; empty for one that only the project knows."""
        return str(LABELS.get(self.type, ""))
