"""The overview: what is still open, what is wrong, who does what, and what happened lately.

A site with up to ``LIVE_UP_TO`` accounts is counted at once; a larger one shows what ``provisioning_run`` counted
last, and when, so that the page costs the same at any size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from ..models import Account, Event, Leave, Rollup, figures, traffic
from ..models.figures import Figure, Holders, Policies
from . import activity, charts, connections
from .access_ends import Site, WorstCase, worst_case
from .coverage import Coverage, coverage_of, overall
from .requests import Traffic, traffic_of

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise

LIVE_UP_TO = 10_000
CHART_DAYS = activity.SPANS[0]
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
    "stale": (
        _("Stale"),
        _("Active, and not seen for 90 days, or for as long as the policy of their connection says."),
    ),
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
    "local_edits": (
        _("Drift: edited here"),
        _("An attribute that an IdP owns says something else here than what was pushed last."),
    ),
    "without_owner": (_("Without an owner"), _("Service and break-glass accounts that nobody answers for.")),
}
# Users without an account row are in no list of accounts.
UNLISTED = frozenset({"unknown_privileged"})
_MUST_BE_NOUGHT = frozenset({"left_with_access", "out_of_band"})


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A line of what is wrong; its name is that of the account list's filter, where they have accounts to list.

    ``count`` is None where it was never counted. ``compared_at`` is when a comparison of all accounts last ended, where
    ``provisioning_run`` does it little by little.
    """

    name: str
    count: int | None
    compared_at: datetime | None = None

    @property
    def label(self) -> Text:
        """Name it."""
        return ANOMALIES[self.name][0]

    @property
    def meaning(self) -> Text:
        """Say what is counted."""
        return ANOMALIES[self.name][1]

    @property
    def is_compared(self) -> bool:
        """Whether it is counted by comparing, and so as of a time of its own."""
        return self.name == figures.LOCAL_EDITS

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
    traffic: Traffic


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
    requests: activity.Requests
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


def overview(now: datetime, *, holders: Holders, sla: timedelta, span: int = CHART_DAYS) -> Overview:
    """Read all of it, with charts of ``span`` days [3 queries on a large site, 8 on a small one]."""
    rows = list(connections.with_health(now))
    policies = {one.pk: one.stale_after_days for one in rows if one.stale_after_days is not None}
    counted, counted_at = _figures(now, Basis(holders, policies, sla), span)
    lines = _lines(now, counted, rows)
    by_state = _sums(counted, 1)
    days = _days(now, counted, span)
    series = {
        phase: {day.day: getattr(day, phase) for day in days} for phase in ("joiner", "mover", "leaver")
    }
    return Overview(
        now=now,
        counted_at=counted_at,
        accounts=sum(by_state.values()),
        active=by_state.get(Account.State.ACTIVE, 0),
        unknown_users=_count(counted, "users", "unknown"),
        by_origin=_labelled(Account.Origin, _sums(counted, 0)),
        by_management=_labelled(Account.ManagedBy, _sums(counted, 2)),
        anomalies=[_anomaly(name, counted) for name in ANOMALIES],
        leaves={one.key: one.count for one in counted if one.metric == "leaves"},
        open_leaves=list(Leave.objects.filter(closed_at=None).order_by("pk")[:MOST_OPEN]),
        lines=lines,
        overall=overall([(line.coverage, line.people) for line in lines]),
        days=days,
        chart=charts.bars_of([day.day for day in days], series),
        requests=activity.requests_of(counted, [day.day for day in days]),
        last_run_at=lines[0].connection.last_run_at if lines else None,
    )


@dataclass(frozen=True, slots=True)
class Basis:
    """What live figures are judged by: who holds access, the days of each stale-account policy, and the limit."""

    holders: Holders
    policies: Policies
    sla: timedelta


def accounts_behind(name: str, now: datetime, basis: Basis, *, accounts: int) -> Q:
    """Give the condition for the accounts that a number of the overview counts; ``accounts`` is how many were counted.

    On a large site they are those that ``provisioning_run`` found last, as the number is: to find few among a million
    would cost more than the page.

    Raises:
        KeyError: there is no such anomaly.
    """
    if name == figures.LOCAL_EDITS or is_large(accounts):
        return figures.flagged(name)
    return figures.anomalies(now, basis.holders, basis.policies)[name]


def is_large(accounts: int) -> bool:
    """Whether a site with so many accounts shows what was found in advance."""
    return accounts > LIVE_UP_TO


def counted_accounts() -> int:
    """Give how many accounts ``provisioning_run`` counted last [1 query]."""
    return Rollup.objects.filter(metric="accounts").aggregate(n=Sum("count"))["n"] or 0


def _anomaly(name: str, counted: Sequence[Figure]) -> Anomaly:
    if name == figures.LOCAL_EDITS:
        whole = next(
            (one for one in counted if one.metric == figures.EDITS and one.key == figures.WHOLE), None
        )
        return Anomaly(name, whole.count, whole.at) if whole else Anomaly(name, None)
    return Anomaly(
        name, next((one.count for one in counted if one.metric == "anomalies" and one.key == name), 0)
    )


def _figures(now: datetime, basis: Basis, span: int) -> tuple[list[Figure], datetime | None]:
    since = now.astimezone(UTC).date() - timedelta(days=span)
    rows = list(Rollup.objects.exclude(day__lt=since).exclude(metric=figures.CERTIFICATE))
    stored = [Figure(row.metric, row.key, row.count, row.scope, row.day, row.at) for row in rows]
    if is_large(sum(one.count for one in stored if one.metric == "accounts")):
        return stored, max(row.computed_at for row in rows)
    live = [
        *figures.of_accounts(now, basis.holders, basis.policies),
        *figures.of_identities(),
        *figures.of_leaves(now, basis.sla),
        *figures.of_events(now),
        # Requests are never counted live: a small site may have a busy directory.
        *(one for one in stored if one.metric in {traffic.METRIC, figures.EDITS}),
    ]
    return live, None


def _lines(now: datetime, counted: Sequence[Figure], rows: Sequence[Any]) -> list[ConnectionLine]:
    people = {(one.scope, one.key): one.count for one in counted if one.metric == "identities"}
    latest: dict[str, dict[str, Figure]] = {}
    for one in counted:
        if one.metric == "latest":
            latest.setdefault(one.scope, {})[one.key] = one
    lines, site = [], Site.read()
    for connection in rows:
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
                traffic=traffic_of(connection),
            )
        )
    return lines


def _days(now: datetime, counted: Sequence[Figure], span: int) -> list[Day]:
    counts = {(one.key, one.day): one.count for one in counted if one.metric == "days"}
    return [
        Day(day, *(counts.get((phase, day), 0) for phase in Event.Phase.values[:3]))
        for day in activity.days_until(now, span)
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
