"""FlaggedAccount: which accounts show an anomaly, as the scheduled run found them last."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .account import Account
from .fields import KeyField


class FlaggedAccount(models.Model):
    """One account with one anomaly of ``figures.anomalies``, or with local edits; the list behind a figure.

    Without these rows the list behind a rare anomaly would read every account of a large site to find few. They are
    figures like ``Rollup`` and no facts: who deletes an account leaves them alone, and the next run forgets them.
    """

    anomaly = KeyField(_("anomaly"), max_length=30)
    account = models.ForeignKey(Account, models.DO_NOTHING, db_constraint=False, related_name="flags")

    class Meta:
        verbose_name = _("flagged account")
        verbose_name_plural = _("flagged accounts")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["anomaly", "account"], name="provisioning_flagged_once"),
        )

    def __str__(self) -> str:
        return f"{self.anomaly}: {self.account_id}"
