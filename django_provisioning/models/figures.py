"""Figures of the dashboard: what is counted, and how.

One place says it, because a figure is read in three ways: counted live on a small site, counted in advance by
``provisioning_run`` on a large one, and listed by the account list's filter of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from .account import Account
from .connection import Connection
from .event import Event
from .identity import Identity
from .leave import Leave

DAYS = 90
STALE_DAYS = 90
NEVER_SEEN_DAYS = 30

# Accounts with an attribute that an IdP owns and somebody edited here: compared little by little, see
# ``lifecycle.local_edits``. ``WHOLE`` is the last comparison of all accounts, ``PART`` the one under way.
LOCAL_EDITS = "local_edits"
# Noted beside the anomalies, for a filter of the account list: no user table has an index on its flags.
PRIVILEGED = "privileged"
EDITS = "edits"
WHOLE = "whole"
PART = "part"
# When the keys of identity providers end, see ``lifecycle.signing_certificates``.
CERTIFICATE = "certificate"
# Kept by jobs of their own, at times of their own.
KEPT_APART = (EDITS, CERTIFICATE)

ENDED = (Account.State.SUSPENDED, Account.State.DEPROVISIONED, Account.State.DELETED)
_FROM_AN_IDP = (Account.Origin.JIT_SAML, Account.Origin.JIT_OIDC, Account.Origin.SCIM, Account.Origin.IMPORT)
_NEEDS_AN_OWNER = (Account.Kind.SERVICE, Account.Kind.BREAK_GLASS)

Holders = Sequence[QuerySet[Any]]
Policies = Mapping[Any, int]


@dataclass(frozen=True, slots=True)
class Figure:
    """One count.

    ``metric`` is "accounts", "anomalies", "users", "identities", "leaves", "days", "latest", "traffic" or "edits".
    """

    metric: str
    key: str
    count: int
    scope: str = ""
    day: date | None = None
    at: datetime | None = None


def stale_policies() -> Policies:
    """Give the days of each connection with a stale-account policy, by its primary key [1 query]."""
    rows: Any = Connection.objects.filter(stale_after_days__isnull=False).order_by()
    return dict(rows.values_list("pk", "stale_after_days"))


def flagged(name: str) -> Q:
    """Give the condition for the accounts that ``provisioning_run`` found last with an anomaly."""
    return Q(flags__anomaly=name)


def anomalies(now: datetime, holders: Holders, policies: Policies | None = None) -> Mapping[str, Q]:
    """Give each anomaly as a condition over ``Account`` [0 queries with ``policies``, 1 without].

    ``holders`` are the primary keys of users that still hold some access, one queryset for each kind of it.
    ``policies`` is what ``stale_policies`` gives.
    """
    active = Q(state=Account.State.ACTIVE)
    policies = stale_policies() if policies is None else policies
    unseen = Q(last_seen_at=None) & _never("last_login")
    vouched = Exists(Identity.objects.filter(user=OuterRef("user"), live=True, connection__enabled=True))
    return {
        "left_with_access": Q(state__in=ENDED) & _held(holders),
        "out_of_band": Q(state__in=ENDED, user__is_active=True) | (active & Q(user__is_active=False)),
        "orphan": active & Q(origin__in=_FROM_AN_IDP) & ~Q(vouched),
        "stale": active & _stale(now, policies),
        "never_logged_in": active & unseen & Q(created_at__lt=now - timedelta(days=NEVER_SEEN_DAYS)),
        "privileged_local": active & Q(managed_by=Account.ManagedBy.NONE) & privileged("user__"),
        "without_owner": active & Q(kind__in=_NEEDS_AN_OWNER, owner=None),
    }


def privileged(prefix: str = "") -> Q:
    """Give the condition for staff and superusers; a user model without such flags has none."""
    condition = Q(pk__in=[])
    for name in ("is_staff", "is_superuser"):
        if _has_field(name):
            condition |= Q(**{f"{prefix}{name}": True})
    return condition


def of_accounts(
    now: datetime,
    holders: Holders,
    policies: Policies | None = None,
    *,
    found: Mapping[str, int] | None = None,
) -> Iterator[Figure]:
    """Count accounts by origin, state and management, the anomalies, and users whom we do not know.

    [2 queries with ``policies``.] ``found`` are the counts of the anomalies where they were found one by one: in one
    query for all of them the database of a large site asks other tables once for each account.
    """
    rows: Any = Account.objects.order_by()
    conditions = anomalies(now, holders, policies) if found is None else {}
    together = {f"_{name}": Count("pk", filter=one) for name, one in conditions.items()}
    sums = dict.fromkeys(conditions, 0) if found is None else dict(found)
    for row in rows.values("origin", "state", "managed_by").annotate(n=Count("pk"), **together):
        yield Figure("accounts", f"{row['origin']}|{row['state']}|{row['managed_by']}", row["n"])
        for name in sums:
            sums[name] += row.get(f"_{name}", 0)
    for name, count in sums.items():
        yield Figure("anomalies", name, count)
    unknown: Any = get_user_model()._default_manager.filter(provisioning_account=None)
    found = unknown.aggregate(n=Count("pk"), privileged=Count("pk", filter=privileged()))
    yield Figure("users", "unknown", found["n"])
    yield Figure("anomalies", "unknown_privileged", found["privileged"])


def of_identities() -> Iterator[Figure]:
    """Count the active people of each connection, and those among them who have a local password [1 query]."""
    active = Identity.objects.filter(live=True, active=True).order_by().values("connection")
    no_password = Q(user__password="") | Q(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    for row in active.annotate(n=Count("pk"), p=Count("pk", filter=~no_password & Q(user__is_active=True))):
        yield Figure("identities", "active", row["n"], scope=str(row["connection"]))
        yield Figure("identities", "with_password", row["p"], scope=str(row["connection"]))


def of_leaves(now: datetime, sla: timedelta) -> Iterator[Figure]:
    """Count the leaves of the last days, and those that took longer than ``sla`` or still are [1 query]."""
    recent = Leave.objects.filter(received_at__gte=now - timedelta(days=DAYS))
    late = Q(closed_at__gt=F("received_at") + sla) | Q(closed_at=None, received_at__lt=now - sla)
    found = recent.aggregate(
        n=Count("pk"), late=Count("pk", filter=late), open=Count("pk", filter=Q(closed_at=None))
    )
    for name, count in found.items():
        yield Figure("leaves", "all" if name == "n" else name, count)


def of_events(now: datetime) -> Iterator[Figure]:
    """Count the events of the last days by phase, and find the latest of each type and connection [1 query].

    A day is one in UTC, whatever the time zone of the reader, because the counts are shared by all readers.
    """
    recent = (
        Event.objects.of_people()
        .filter(phase__in=Event.Phase.values, occurred_at__gte=_first_day(now))
        .order_by()
    )
    groups = recent.values("phase", "type", "connection", "outcome", day=TruncDate("occurred_at", tzinfo=UTC))
    days: dict[tuple[str, date], int] = {}
    latest: dict[tuple[str, str], tuple[int, datetime]] = {}
    for row in groups.annotate(n=Count("pk"), at=Max("occurred_at")):
        # What was skipped moved nobody.
        if row["phase"] != Event.Phase.OTHER and row["outcome"] != Event.Outcome.SKIPPED:
            place = row["phase"], row["day"]
            days[place] = days.get(place, 0) + row["n"]
        if row["outcome"] in {Event.Outcome.SUCCESS, Event.Outcome.WARNING} or row["type"] in _REFUSALS:
            scope = str(row["connection"] or "")
            count, at = latest.get((scope, row["type"]), (0, row["at"]))
            latest[scope, row["type"]] = (count + row["n"], max(at, row["at"]))
    for (phase, day), count in days.items():
        yield Figure("days", phase, count, day=day)
    for (scope, type_), (count, at) in latest.items():
        yield Figure("latest", type_, count, scope=scope, at=at)


_REFUSALS = frozenset({"request.refused", "access.revocation_failed"})


def _first_day(now: datetime) -> datetime:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def _stale(now: datetime, policies: Policies) -> Q:
    """Not seen for as long as the policy of the account's only connection says, or else for ``STALE_DAYS``."""
    usual = _unseen_since(now - timedelta(days=STALE_DAYS))
    if not policies:
        return usual
    links = Identity.objects.filter(user=OuterRef("user"), live=True, active=True)
    ruled, due = Q(pk__in=[]), Q(pk__in=[])
    for days in sorted(set(policies.values())):
        alike = [key for key, value in policies.items() if value == days]
        only_these = Q(
            Exists(links.filter(connection__in=alike)), ~Exists(links.exclude(connection__in=alike))
        )
        ruled |= only_these
        due |= _unseen_since(now - timedelta(days=days)) & only_these
    # Says nothing new, but stands in front of what asks other tables.
    shortest = _unseen_since(now - timedelta(days=min(STALE_DAYS, *policies.values())))
    return shortest & (due | (usual & ~ruled))


def _unseen_since(moment: datetime) -> Q:
    """Last seen by then, as the sweep of ``lifecycle.stale`` judges it."""
    return Q(last_seen_at__lte=moment) | (Q(last_seen_at=None) & _before("last_login", moment))


def _held(holders: Holders) -> Q:
    condition = Q(pk__in=[])
    for keys in holders:
        condition |= Q(user__in=keys)
    return condition


def _never(name: str) -> Q:
    return Q(**{f"user__{name}": None}) if _has_field(name) else Q()


def _before(name: str, moment: datetime) -> Q:
    """Last login before a moment; who never logged in counts from the making of the account."""
    created = Q(created_at__lte=moment)
    if not _has_field(name):
        return created
    return (Q(**{f"user__{name}__lte": moment}) | Q(**{f"user__{name}": None})) & created


def _has_field(name: str) -> bool:
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
