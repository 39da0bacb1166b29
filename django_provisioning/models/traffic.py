"""Figures of the SCIM requests of each day: how many, how many failed, and how soon they were answered.

They come from ``provisioning_run`` only: the log of a busy site has more rows than a page may read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from .figures import Figure
from .request import ScimRequest

METRIC = "traffic"
# A run that was missed for some days leaves no hole.
_DAYS = 7
# 404 is how a directory learns that somebody is not there yet: an answer, not a failure.
FAILED = Q(status__gte=400) & ~Q(status=404)
# The 95th percentile is told as the first of these that is not below it: no database needs a percentile of its own.
MILLISECONDS = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
SLOWER = MILLISECONDS[-1] + 1


def of_requests(now: datetime) -> Iterator[Figure]:
    """Count the requests of the last days by day in UTC: "requests", "failed", and "p95" in milliseconds [1 query]."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = ScimRequest.objects.filter(at__gte=midnight - timedelta(days=_DAYS - 1)).order_by()
    within = {f"_{bound}": Count("pk", filter=Q(milliseconds__lte=bound)) for bound in MILLISECONDS}
    days: Any = recent.values(day=TruncDate("at", tzinfo=UTC))
    for row in days.annotate(n=Count("pk"), failed=Count("pk", filter=FAILED), **within):
        needed = 0.95 * row["n"]
        p95 = next((bound for bound in MILLISECONDS if row[f"_{bound}"] >= needed), SLOWER)
        for key, count in (("requests", row["n"]), ("failed", row["failed"]), ("p95", p95)):
            yield Figure(METRIC, key, count, day=row["day"])
