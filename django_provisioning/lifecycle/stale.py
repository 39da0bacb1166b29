"""Stale accounts: nobody has used them for as long as the policy of their connection allows.

Last seen is ``Account.last_seen_at``, which logins and the guard write; who was never seen counts from the creation,
and a return that somebody decided counts as well. Silence alone never ends an account that SCIM manages, a service,
break-glass or test account, a protected one, or one that another connection does not give up: these are listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, OuterRef, Q, QuerySet

from ..mapping.reach import is_privileged
from ..models import Account, Connection, Event, Identity, Leave
from . import audit, leave
from .context import Context
from .transactions import lock, update_fields

BATCH = 200
_RETURNS = ("account.reinstated", "account.activated", "account.linked", "account.adopted")


@dataclass(frozen=True, slots=True)
class Stale:
    """An account that has not been seen since ``seen_at``; ``kept`` says why silence does not end it, "" if it does."""

    account: Account
    seen_at: datetime
    kept: str = ""

    def days(self, now: datetime) -> int:
        """Give the whole days since then."""
        return (now - self.seen_at).days


def accounts_of(connection: Connection) -> QuerySet[Account]:
    """Give the accounts with access that the connection vouches for."""
    linked = Identity.objects.filter(connection=connection, live=True, active=True)
    return Account.objects.filter(
        state=Account.State.ACTIVE, user__is_active=True, user__in=linked.values("user")
    )


def unseen(connection: Connection, now: datetime, days: int) -> Iterator[Stale]:
    """Yield the people of a connection whom nobody has seen for so many days [2 queries a batch].

    Services and break-glass and test accounts are no people.
    """
    before = now - timedelta(days=days)
    found = _unseen_since(accounts_of(connection).filter(kind=Account.Kind.HUMAN), before)
    if connection.stale_action == Connection.StaleAction.SUSPEND:
        found = found.annotate(is_held=Exists(_links_that_hold(connection)))
    last = 0
    while batch := list(found.filter(pk__gt=last).select_related("user").order_by("pk")[:BATCH]):
        last = batch[-1].pk
        returned = _returned_since(batch, before)
        for account in batch:
            if str(account.user_id) not in returned:
                yield Stale(account, _seen_at(account), _kept(connection, account))


def suspend(context: Context, found: Stale, before: datetime) -> Event | None:
    """Suspend an account, unless somebody was seen meanwhile; the next login that the IdP vouches for lifts it."""
    user = lock(get_user_model()._base_manager.filter(pk=found.account.user_id), "self").first()
    still = _unseen_since(accounts_of(context.required_connection).filter(pk=found.account.pk), before)
    if user is None or not still.exists():
        return None
    return leave.suspend(context, user, suspension=Account.Suspension.STALE, reason="stale")


def warn(context: Context, found: Stale, days_left: int) -> Event | None:
    """Write ``account.stale_warned`` and send ``account_stale``, once for each silence."""
    account = lock(Account.objects.filter(pk=found.account.pk).select_related("user"), "self").first()
    if account is None or is_warned(account, found.seen_at):
        return None
    update_fields(account, stale_warned_at=context.now)
    return audit.record(
        context,
        "account.stale_warned",
        audit.Subject.user(account.user),
        effects={"days_left": max(days_left, 0)},
    )


def is_warned(account: Account, seen_at: datetime) -> bool:
    """Whether this silence was told of already."""
    return account.stale_warned_at is not None and account.stale_warned_at > seen_at


def policy_context(context: Context) -> Context:
    """Mark a context as the way by which this policy ends access."""
    return replace(context, via=Leave.Path.STALE_POLICY)


def _unseen_since(accounts: QuerySet[Account], moment: datetime) -> QuerySet[Account]:
    """Restrict to who was last seen by then; the index on (state, last_seen_at) serves those ever seen."""
    never = Q(last_seen_at=None, created_at__lte=moment)
    if _has_last_login():
        never &= Q(user__last_login=None) | Q(user__last_login__lte=moment)
    return accounts.filter(Q(last_seen_at__lte=moment) | never)


def _has_last_login() -> bool:
    """Whether the user model notes logins itself: it knows of those before this app was there."""
    try:
        return bool(get_user_model()._meta.get_field("last_login").concrete)
    except FieldDoesNotExist:
        return False


def _links_that_hold(connection: Connection) -> QuerySet[Identity]:
    """Give other connections' live links whose policy does not end access as early as this one's."""
    gives_up = Q(
        connection__stale_action=Connection.StaleAction.SUSPEND,
        connection__stale_after_days__lte=connection.stale_after_days,
    )
    others = Identity.objects.filter(user=OuterRef("user"), live=True, active=True).exclude(
        connection=connection
    )
    return others.exclude(gives_up & Q(connection__stale_after_days__isnull=False))


def _returned_since(accounts: list[Account], moment: datetime) -> set[str]:
    """Name the users who came back after that moment: a decision of a person or a directory is a sign of life."""
    returned = Event.objects.filter(
        subject_type="user",
        subject_id__in=[str(account.user_id) for account in accounts],
        type__in=_RETURNS,
        occurred_at__gt=moment,
    )
    return set(returned.values_list("subject_id", flat=True))


def _seen_at(account: Account) -> datetime:
    if account.last_seen_at is not None:
        return account.last_seen_at
    return max(account.created_at, getattr(account.user, "last_login", None) or account.created_at)


def _kept(connection: Connection, account: Any) -> str:
    if account.managed_by in (Account.ManagedBy.SCIM, Account.ManagedBy.SCIM_SSO):
        return "scim_managed"
    if is_privileged(account.user) and not connection.manages_privileged:
        return "protected"
    return "other_connection" if getattr(account, "is_held", False) else ""
