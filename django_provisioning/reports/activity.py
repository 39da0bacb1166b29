"""What happened per day, as drawings with their conclusion in words: joiners, movers, leavers, and SCIM requests.

Days are days in UTC. Requests are counted by ``provisioning_run`` alone, so a day may be missing: that is not nought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ..models.figures import Figure
from ..models.traffic import METRIC, SLOWER
from . import charts
from .charts import Chart

SPANS = (30, 90)


@dataclass(frozen=True, slots=True)
class RequestDay:
    """The SCIM requests of a day; ``p95`` is in milliseconds, None where it is beyond what is told apart."""

    day: date
    requests: int
    failed: int
    p95: int | None


@dataclass(frozen=True, slots=True)
class Requests:
    """The counted days, oldest first, and two drawings of them; a day that nobody counted has no bar."""

    days: Sequence[RequestDay]
    failures: Chart
    latency: Chart

    @property
    def total(self) -> int:
        """All requests of the days."""
        return sum(day.requests for day in self.days)

    @property
    def failed(self) -> int:
        """Those of them that failed."""
        return sum(day.failed for day in self.days)

    @property
    def is_ever_slower(self) -> bool:
        """Whether a day was slower than what is told apart."""
        return any(day.p95 is None for day in self.days)

    @property
    def slowest(self) -> int:
        """The largest ``p95`` of a day."""
        return max((day.p95 for day in self.days if day.p95 is not None), default=0)


def days_until(now: datetime, span: int) -> list[date]:
    """Give the last days in UTC, today included, oldest first."""
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=back) for back in reversed(range(span))]


def requests_of(counted: Sequence[Figure], days: Sequence[date]) -> Requests:
    """Give the requests of these days from what was counted in advance; no query."""
    found: dict[date, dict[str, int]] = {}
    for one in counted:
        if one.metric == METRIC and one.day is not None:
            found.setdefault(one.day, {})[one.key] = one.count
    rows = [_day(day, found[day]) for day in days if day in found]
    failures = {row.day: row.failed for row in rows}
    latency = {row.day: SLOWER if row.p95 is None else row.p95 for row in rows}
    return Requests(
        rows, charts.bars_of(days, {"failed": failures}), charts.bars_of(days, {"latency": latency})
    )


def _day(day: date, counts: Mapping[str, int]) -> RequestDay:
    p95 = counts.get("p95", 0)
    return RequestDay(day, counts.get("requests", 0), counts.get("failed", 0), None if p95 == SLOWER else p95)
