"""List filters that cost one small query however large the tables are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..lifecycle import rollups
from ..lifecycle.audit import PHASES
from ..models import Account, Connection, Identity, Rollup
from ..models.event_types import LABELS
from ..reports.overview import ANOMALIES, UNLISTED, Basis, accounts_behind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, str | _StrPromise]]

# What is recorded beside the joiners, movers and leavers of ``audit.PHASES``.
OTHER_TYPES = (
    "access.found_late",
    "access.revocation_completed",
    "access.revocation_failed",
    "account.described",
    "account.imported",
    "account.stale_warned",
    "adoption.done",
    "breaker.released",
    "breaker.tripped",
    "connection.certificate_expiring",
    "connection.configured",
    "connection.created",
    "connection.deleted",
    "connection.disabled",
    "connection.domain_verified",
    "connection.domain_withdrawn",
    "export.created",
    "group.imported",
    "group.members_unknown",
    "login.refused",
    "request.refused",
    "role.configured",
    "selftest.finished",
    "session.revoked",
    "token.expiring",
    "token.issued",
    "token.revoked",
    "token.rotated",
)
EVENT_TYPES = tuple(sorted({*PHASES, *OTHER_TYPES}))


def connections_of(request: HttpRequest) -> list[Any]:
    """Give every connection, with how many accounts of the site were counted last; once for a request [1 query]."""
    known: list[Any] | None = getattr(request, "provisioning_connections", None)
    if known is None:
        counted = (
            Rollup.objects.filter(metric="accounts").order_by().values("metric").annotate(n=Sum("count"))
        )
        wanted = Connection.objects.only("slug", "name", "stale_after_days")
        known = list(wanted.annotate(counted_accounts=Subquery(counted.values("n"))))
        request.provisioning_connections = known  # type: ignore[attr-defined]
    return known


def counted_in(connections: Sequence[Any]) -> int:
    """Give how many accounts of the site were counted last, from what ``connections_of`` gave."""
    return next((one.counted_accounts or 0 for one in connections), 0)


class AccountConnectionFilter(admin.SimpleListFilter):
    """Accounts that a connection vouches for: those with a live identity in it."""

    title = _("connection")
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer every connection, and none."""
        return [*((one.slug, one.name) for one in connections_of(request)), ("-", _("None"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts with a live identity in the chosen connection, or in none."""
        match self.value():
            case None:
                return queryset
            case "-":
                # Who is managed has a live identity; of the others few have one, which no login has used yet.
                unused = Identity.objects.filter(
                    user=OuterRef("user"), live=True, scim_managed=False, subject=None
                )
                # Asked of each row: EXISTS is planned as one scan of all identities. And asked with "<", because
                # planners take "IS NULL" to be rare, and prepare to read everything.
                key = Coalesce(Subquery(unused.values("pk")[:1]), 0)
                return queryset.filter(LessThan(key, 1), managed_by=Account.ManagedBy.NONE)
            case slug:
                chosen = [one.pk for one in connections_of(request) if one.slug == slug]
                # Joined, and not with EXISTS, so that the index of the identities gives the order: ``get_ordering``.
                links = "user__provisioning_identities__"
                return (
                    queryset.filter(**{f"{links}connection": chosen[0], f"{links}live": True})
                    if chosen
                    else queryset.none()
                )


class AnomalyFilter(admin.SimpleListFilter):
    """The accounts behind a number of the overview: the same condition, so the list is as long as the number."""

    title = _("anomaly")
    parameter_name = "anomaly"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Offer what the overview counts."""
        return [(name, label) for name, (label, _meaning) in ANOMALIES.items() if name not in UNLISTED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts with the chosen anomaly."""
        name = self.value() or ""
        if name not in ANOMALIES or name in UNLISTED:
            return queryset
        connections = connections_of(request)
        policies = {one.pk: one.stale_after_days for one in connections if one.stale_after_days is not None}
        basis = Basis(rollups.holders(), policies, timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS))
        return queryset.filter(accounts_behind(name, timezone.now(), basis, accounts=counted_in(connections)))


class ConnectionStatusFilter(admin.SimpleListFilter):
    """Connections by whether they are at work."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer what the status column says."""
        return [("enabled", _("Enabled")), ("halted", _("Writes halted")), ("disabled", _("Disabled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the connections of the chosen status."""
        match self.value():
            case "enabled":
                return queryset.filter(enabled=True, halted_at=None)
            case "halted":
                return queryset.filter(enabled=True, halted_at__isnull=False)
            case "disabled":
                return queryset.filter(enabled=False)
            case _:
                return queryset


class EventTypeFilter(admin.SimpleListFilter):
    """Events of one type; the list is known, so the table is not asked for it."""

    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer the types that the lifecycle records, in words."""
        return [(type_, LABELS.get(type_, type_)) for type_ in EVENT_TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the events of the chosen type."""
        return queryset if self.value() is None else queryset.filter(type=self.value())


class DeletedFilter(admin.SimpleListFilter):
    """Live identities or tombstones."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer yes and no."""
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is live, or what is not."""
        match self.value():
            case "no":
                return queryset.filter(live=True)
            case "yes":
                return queryset.filter(live=None)
            case _:
                return queryset
