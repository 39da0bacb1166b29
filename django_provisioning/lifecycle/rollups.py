"""Counts the figures of the dashboard in advance, and notes which accounts are behind them.

``provisioning_run`` calls it: a large site is read here, in the background, so that no page has to read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from ..conf import settings
from ..models import Account, FlaggedAccount, Rollup, figures, traffic
from ..models.figures import Figure, Holders
from . import revocation
from .transactions import run

_BATCH = 1_000


def holders() -> Holders:
    """Give the users that hold each kind of access, as far as the revokers can list them; no query yet."""
    found = (revoker.holders() for revoker in revocation.revokers())
    return [keys for keys in found if keys is not None]


def refresh(now: datetime) -> dict[str, int]:
    """Count everything and replace what was counted before [21 queries to count, 3 and more to store].

    Days that have left the window stay as they were counted last. The keys of the accounts with one anomaly are held
    in memory, those of all accounts never.
    """
    sla = timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS)
    policies = figures.stale_policies()
    found = {
        name: _flag(name, Account.objects.filter(condition))
        for name, condition in figures.anomalies(now, holders(), policies).items()
    }
    _flag(figures.PRIVILEGED, Account.objects.filter(figures.privileged("user__")))
    counted = [
        *figures.of_accounts(now, holders(), policies, found=found),
        *figures.of_identities(),
        *figures.of_leaves(now, sla),
        *figures.of_events(now),
        *traffic.of_requests(now),
    ]
    run(lambda: _store(counted, now))
    return {"figures": len(counted)}


def flag(name: str, keys: Iterable[Any]) -> None:
    """Note accounts with an anomaly that were not noted yet, in batches [1 query each]."""
    for batch in _batches(keys):
        rows = [FlaggedAccount(anomaly=name, account_id=key) for key in batch]
        FlaggedAccount.objects.bulk_create(rows, ignore_conflicts=True)


def unflag(name: str, keys: Iterable[Any]) -> None:
    """Forget accounts that do not show the anomaly any more, in batches [1 query each]."""
    for batch in _batches(keys):
        FlaggedAccount.objects.filter(anomaly=name, account__in=batch).delete()


def _flag(name: str, rows: Any) -> int:
    """Bring the notes of an anomaly up to date, and count it [2 queries, and what has changed].

    No transaction holds them together: each note is true for itself, and a run that dies leaves the rest for the next.
    """
    found = set(rows.order_by().values_list("pk", flat=True).iterator(chunk_size=_BATCH))
    stored = set(_flagged(name))
    unflag(name, stored - found)
    flag(name, sorted(found - stored))
    return len(found)


def _flagged(name: str) -> Collection[int]:
    keys: Any = FlaggedAccount.objects.filter(anomaly=name).values_list("account_id", flat=True)
    return list(keys)


def _batches(keys: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(keys)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _store(counted: Iterable[Figure], now: datetime) -> None:
    rows = [
        Rollup(
            metric=one.metric,
            scope=one.scope,
            key=one.key,
            day=one.day,
            count=one.count,
            at=one.at,
            computed_at=now,
        )
        for one in counted
    ]
    # Local edits are compared little by little, and certificates read once an hour; these go on from run to run.
    Rollup.objects.filter(day=None).exclude(metric__in=figures.KEPT_APART).delete()
    for metric in sorted({row.metric for row in rows if row.day is not None}):
        days = {row.day for row in rows if row.metric == metric}
        Rollup.objects.filter(metric=metric, day__in=days).delete()
    Rollup.objects.bulk_create(rows, batch_size=500)
