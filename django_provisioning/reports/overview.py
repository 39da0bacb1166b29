"""The overview: what is still open, what is wrong, who does what, and what happened lately.

A site with up to ``LIVE_UP_TO`` accounts is counted at once; a larger one shows what ``provisioning_run`` counted
last, and when, so that the page costs the same at any size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from ..models import Account, Event, Leave, Rollup, figures
from ..models.figures import Figure, Holders
from . import charts, connections
from .access_ends import Site, WorstCase, worst_case
from .coverage import Coverage, coverage_of, overall

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise

LIVE_UP_TO = 10_000
CHART_DAYS = 30
MOST_OPEN = 20

# Name, what it means, and whether it must be nought.
ANOMALIES: Mapping[str, tuple[Text, Text]] = {
    "left_with_access": (
        _("Left, and still holds access"),
        _("Not active, but with a session or a token. Must be 0."),
    ),
    "out_of_band": (
        _("Drift: user row and account disagree"),
        _("Somebody changed is_active past this app; provisioning_run repairs it."),
    ),
    "orphan": (
        _("Orphans"),
        _("Active and made by an IdP, but no enabled connection vouches for them any more."),
    ),
    "stale": (_("Stale"), _("Active, and not seen for 90 days.")),
    "never_logged_in": (_("Never logged in"), _("Active for more than 30 days, and never seen.")),
    "privileged_local": (
        _("Privileged and local"),
        _("Staff or superusers that no connection manages."),
    ),
    "unknown_privileged": (
        _("Privileged and unknown"),
        _(
            "Staff or superusers that were there before this app; provisioning_adopt gives them an account row."
        ),
    ),
    "without_owner": (_("Without an owner"), _("Service and break-glass accounts that nobody answers for.")),
}
# Users without an account row are in no list of accounts.
UNLISTED = frozenset({"unknown_privileged"})
_MUST_BE_NOUGHT = frozenset({"left_with_access", "out_of_band"})


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A line of what is wrong; its name is that of the account list's filter, where they have accounts to list."""

    name: str
    count: int

    @property
    def label(self) -> Text:
        """Name it."""
        return ANOMALIES[self.name][0]

    @property
    def meaning(self) -> Text:
        """Say what is counted."""
        return ANOMALIES[self.name][1]

    @property
    def is_listed(self) -> bool:
        """Whether the account list can show them."""
        return self.name not in UNLISTED

    @property
    def is_alarm(self) -> bool:
        """Whether the number must be 0 and is not."""
        return bool(self.count) and self.name in _MUST_BE_NOUGHT


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connection with its coverage, health and worst-case times; ``refused`` counts requests of the last 90 days."""

    connection: Any
    people: int
    coverage: Coverage
    worst_case: WorstCase
    problems: Sequence[str]
    refused: int


@dataclass(frozen=True, slots=True)
class Day:
    """The joiners, movers and leavers of a day in UTC."""

    day: date
    joiner: int
    mover: int
    leaver: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows. ``counted_at`` is None where the figures were counted just now."""

    now: datetime
    counted_at: datetime | None
    accounts: int
    active: int
    unknown_users: int
    by_origin: Sequence[tuple[Text, int, str]]
    by_management: Sequence[tuple[Text, int, str]]
    anomalies: Sequence[Anomaly]
    leaves: Mapping[str, int]
    open_leaves: Sequence[Leave]
    lines: Sequence[ConnectionLine]
    overall: int | None
    days: Sequence[Day]
    chart: charts.Chart
    last_run_at: datetime | None = field(default=None)

    @property
    def alarms(self) -> list[Anomaly]:
        """What must be 0 and is not."""
        return [anomaly for anomaly in self.anomalies if anomaly.is_alarm]

    @property
    def totals(self) -> Mapping[str, int]:
        """The sums of the chart's days."""
        return {
            phase: sum(getattr(day, phase) for day in self.days) for phase in ("joiner", "mover", "leaver")
        }


def overview(now: datetime, *, holders: Holders, sla: timedelta) -> Overview:
    """Read all of it [3 queries on a large site, 8 on a small one]."""
    counted, counted_at = _figures(now, holders, sla)
    lines = _lines(now, counted)
    by_state = _sums(counted, 1)
    days = _days(now, counted)
    series = {
        phase: {day.day: getattr(day, phase) for day in days} for phase in ("joiner", "mover", "leaver")
    }
    found = {one.key: one.count for one in counted if one.metric == "anomalies"}
    return Overview(
        now=now,
        counted_at=counted_at,
        accounts=sum(by_state.values()),
        active=by_state.get(Account.State.ACTIVE, 0),
        unknown_users=_count(counted, "users", "unknown"),
        by_origin=_labelled(Account.Origin, _sums(counted, 0)),
        by_management=_labelled(Account.ManagedBy, _sums(counted, 2)),
        anomalies=[Anomaly(name, found.get(name, 0)) for name in ANOMALIES],
        leaves={one.key: one.count for one in counted if one.metric == "leaves"},
        open_leaves=list(Leave.objects.filter(closed_at=None).order_by("pk")[:MOST_OPEN]),
        lines=lines,
        overall=overall([(line.coverage, line.people) for line in lines]),
        days=days,
        chart=charts.bars_of([day.day for day in days], series),
        last_run_at=lines[0].connection.last_run_at if lines else None,
    )


def _figures(now: datetime, holders: Holders, sla: timedelta) -> tuple[list[Figure], datetime | None]:
    since = now.astimezone(UTC).date() - timedelta(days=CHART_DAYS)
    rows = list(Rollup.objects.exclude(day__lt=since))
    stored = [Figure(row.metric, row.key, row.count, row.scope, row.day, row.at) for row in rows]
    if sum(one.count for one in stored if one.metric == "accounts") > LIVE_UP_TO:
        return stored, max(row.computed_at for row in rows)
    live = [
        *figures.of_accounts(now, holders),
        *figures.of_identities(),
        *figures.of_leaves(now, sla),
        *figures.of_events(now),
    ]
    return live, None


def _lines(now: datetime, counted: Sequence[Figure]) -> list[ConnectionLine]:
    people = {(one.scope, one.key): one.count for one in counted if one.metric == "identities"}
    latest: dict[str, dict[str, Figure]] = {}
    for one in counted:
        if one.metric == "latest":
            latest.setdefault(one.scope, {})[one.key] = one
    lines, site = [], Site.read()
    for connection in connections.with_health(now):
        scope = str(connection.pk)
        seen = latest.get(scope, {})
        refused = seen.get("request.refused")
        lines.append(
            ConnectionLine(
                connection=connection,
                people=people.get((scope, "active"), 0),
                coverage=coverage_of(
                    connection,
                    has_token=connection.has_token,
                    latest={type_: one.at for type_, one in seen.items() if one.at is not None},
                    selftest_at=connection.last_proof_at,
                    now=now,
                ),
                worst_case=worst_case(
                    connection,
                    site,
                    has_token=connection.has_token,
                    has_passwords=bool(people.get((scope, "with_password"))),
                ),
                problems=connections.problems(connection, now),
                refused=refused.count if refused else 0,
            )
        )
    return lines


def _days(now: datetime, counted: Sequence[Figure]) -> list[Day]:
    today = now.astimezone(UTC).date()
    counts = {(one.key, one.day): one.count for one in counted if one.metric == "days"}
    return [
        Day(day, *(counts.get((phase, day), 0) for phase in Event.Phase.values[:3]))
        for day in (today - timedelta(days=back) for back in reversed(range(CHART_DAYS)))
    ]


def _count(counted: Sequence[Figure], metric: str, key: str) -> int:
    return sum(one.count for one in counted if one.metric == metric and one.key == key)


def _sums(counted: Sequence[Figure], part: int) -> dict[str, int]:
    """Sum the accounts up by one part of their key: 0 origin, 1 state, 2 management."""
    sums: dict[str, int] = {}
    for one in counted:
        if one.metric == "accounts":
            word = one.key.split("|")[part]
            sums[word] = sums.get(word, 0) + one.count
    return sums


def _labelled(choices: Any, sums: Mapping[str, int]) -> list[tuple[Text, int, str]]:
    return [(choice.label, sums[choice.value], choice.value) for choice in choices if sums.get(choice.value)]
