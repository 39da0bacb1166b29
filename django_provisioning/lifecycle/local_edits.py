"""Local edits: compares what IdPs pushed with what the user rows say, some accounts at each scheduled run.

To compare means to read every pushed document, which no page can do and no run should do at once on a large site. So
a run compares at most ``MOST`` accounts and the next one goes on after them; the figure tells when all were compared
last. Two rows of ``Rollup`` remember it: the comparison under way (``scope`` is the last key) and the last whole one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from ..mapping.edits import edits_of
from ..models import Account, FlaggedAccount, Identity, Rollup, figures
from . import rollups
from .transactions import run

MOST = 100_000
BATCH = 500


def compare(now: datetime) -> int:
    """Compare the accounts whose turn it is, and give how many [2 queries a batch, and what has changed]."""
    part = Rollup.objects.filter(metric=figures.EDITS, key=figures.PART).first()
    last = int(part.scope) if part is not None else 0
    compared = 0
    while compared < MOST:
        batch = list(_accounts().filter(pk__gt=last)[: min(BATCH, MOST - compared)])
        if not batch:
            run(lambda: _end(now))
            return compared
        _flag(batch)
        last, compared = batch[-1].pk, compared + len(batch)
    run(lambda: _remember(now, last))
    return compared


def _accounts() -> Any:
    links = Identity.objects.filter(live=True, scim_managed=True)
    owned = Prefetch("user__provisioning_identities", links, "owned_identities")
    return Account.objects.select_related("user").prefetch_related(owned).order_by("pk")


def _flag(batch: list[Any]) -> None:
    """Note who of these drifts, and forget who does not any more."""
    name = figures.LOCAL_EDITS
    edited = {
        account.pk
        for account in batch
        if any(
            True for identity in account.user.owned_identities for _edit in edits_of(identity, account.user)
        )
    }
    within = FlaggedAccount.objects.filter(anomaly=name, account__in=[account.pk for account in batch])
    stored = set(within.values_list("account_id", flat=True))
    rollups.unflag(name, stored - edited)
    rollups.flag(name, sorted(edited - stored))


def _remember(now: datetime, last: int) -> None:
    rows = Rollup.objects.filter(metric=figures.EDITS, key=figures.PART)
    if not rows.update(scope=str(last), computed_at=now):
        Rollup.objects.create(metric=figures.EDITS, key=figures.PART, scope=str(last), computed_at=now)


def _end(now: datetime) -> None:
    """Say that all were compared, and begin anew next time."""
    count = FlaggedAccount.objects.filter(anomaly=figures.LOCAL_EDITS).count()
    Rollup.objects.filter(metric=figures.EDITS).delete()
    Rollup.objects.create(metric=figures.EDITS, key=figures.WHOLE, count=count, at=now, computed_at=now)
