"""Every list by its name, with the filters that its page in the admin has: what a command can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from ..models import (
    Account,
    Connection,
    ConnectionToken,
    Event,
    GroupLink,
    Identity,
    Leave,
    ScimRequest,
    SessionIndex,
    figures,
)
from ..models.figures import Holders
from .accounts import ACCOUNTS
from .directory import CONNECTIONS, GROUP_LINKS, IDENTITIES, SESSIONS
from .events import EVENTS
from .export import Table
from .leave_list import LEAVES, status_condition
from .overview import Basis, accounts_behind, counted_accounts
from .requests import REQUESTS, class_condition
from .tokens import TOKENS
from .tokens import status_condition as token_status


@dataclass(frozen=True, slots=True)
class Moment:
    """What conditions are judged by: the time, who holds access, and how long a leave may take."""

    now: datetime
    holders: Holders
    sla: timedelta


Condition = Callable[[str, Moment], Q]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: its table, its rows, and its filters by name: the column, or what makes a condition of the value."""

    table: Table
    rows: Callable[[], QuerySet[Any]]
    filters: Mapping[str, str | Condition]

    def filtered(self, wanted: Mapping[str, str], moment: Moment) -> QuerySet[Any]:
        """Give the rows that fulfil all conditions.

        Raises:
            KeyError: the list has no filter of that name, or the filter no such value.
        """
        queryset = self.rows()
        for name, value in wanted.items():
            column = self.filters[name]
            condition = Q(**{column: value}) if isinstance(column, str) else column(value, moment)
            queryset = queryset.filter(condition)
        return queryset


def _anomaly(value: str, moment: Moment) -> Q:
    basis = Basis(moment.holders, figures.stale_policies(), moment.sla)
    return accounts_behind(value, moment.now, basis, accounts=counted_accounts())


def _vouched_by(value: str, _moment: Moment) -> Q:
    live = Identity.objects.filter(live=True, connection__slug=value)
    return Q(user__in=live.values("user"))


def _leave_status(value: str, moment: Moment) -> Q:
    return status_condition(value, moment.now, moment.sla)


def _answered(value: str, _moment: Moment) -> Q:
    return class_condition(value)


def _token_status(value: str, moment: Moment) -> Q:
    return token_status(value, moment.now)


_CONNECTION = {"connection": "connection__slug"}
LISTS: Mapping[str, Listed] = {
    "accounts": Listed(
        ACCOUNTS,
        Account.objects.all,
        {
            "origin": "origin", "managed_by": "managed_by", "state": "state", "kind": "kind",
            "connection": _vouched_by, "anomaly": _anomaly,
        },
    ),
    "leavers": Listed(
        LEAVES, Leave.objects.all, {"path": "path", "status": _leave_status, "connection": "connection_slug"}
    ),
    "events": Listed(
        EVENTS,
        Event.objects.all,
        {
            "type": "type", "phase": "phase", "outcome": "outcome", "connection": "connection_slug",
            "correlation_id": "correlation_id", "batch_id": "batch_id",
        },
    ),
    "requests": Listed(
        REQUESTS,
        ScimRequest.objects.all,
        {
            "connection": "connection_slug", "answer": _answered, "status": "status", "method": "method",
            "correlation_id": "correlation_id",
        },
    ),
    "connections": Listed(CONNECTIONS, Connection.objects.all, {"idp": "idp", "slug": "slug"}),
    "identities": Listed(IDENTITIES, Identity.objects.all, _CONNECTION),
    "groups": Listed(GROUP_LINKS, GroupLink.objects.all, _CONNECTION),
    "tokens": Listed(
        TOKENS, ConnectionToken.objects.all, {**_CONNECTION, "status": _token_status}
    ),
    "sessions": Listed(SESSIONS, SessionIndex.objects.all, _CONNECTION),
}  # fmt: skip
