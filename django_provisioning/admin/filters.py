"""List filters that cost one small query however large the tables are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..lifecycle import rollups
from ..lifecycle.audit import PHASES
from ..models import Connection, Identity, figures
from ..reports.overview import ANOMALIES, UNLISTED

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, str | _StrPromise]]

# What is recorded beside the joiners, movers and leavers of ``audit.PHASES``.
OTHER_TYPES = (
    "access.found_late",
    "access.revocation_failed",
    "account.described",
    "account.imported",
    "account.stale_warned",
    "adoption.done",
    "breaker.released",
    "breaker.tripped",
    "connection.configured",
    "connection.created",
    "connection.deleted",
    "connection.disabled",
    "connection.domain_verified",
    "connection.domain_withdrawn",
    "export.created",
    "group.imported",
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


class AccountConnectionFilter(admin.SimpleListFilter):
    """Accounts that a connection vouches for: those with a live identity in it."""

    title = _("connection")
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer every connection, and none."""
        connections = Connection.objects.values_list("slug", "name")
        return [*connections, ("-", _("None"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts with a live identity in the chosen connection, or in none."""
        live = Identity.objects.filter(user=OuterRef("user"), live=True)
        match self.value():
            case None:
                return queryset
            case "-":
                return queryset.filter(~Exists(live))
            case slug:
                return queryset.filter(Exists(live.filter(connection__slug=slug)))


class AnomalyFilter(admin.SimpleListFilter):
    """The accounts behind a number of the overview: the same condition, so the list is as long as the number."""

    title = _("anomaly")
    parameter_name = "anomaly"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Offer what the overview counts."""
        return [(name, label) for name, (label, _meaning) in ANOMALIES.items() if name not in UNLISTED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts with the chosen anomaly."""
        conditions = figures.anomalies(timezone.now(), rollups.holders())
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


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

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the types that the lifecycle records."""
        return [(type_, type_) for type_ in EVENT_TYPES]

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
