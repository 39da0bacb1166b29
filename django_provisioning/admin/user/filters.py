"""Filters of the project's own list of users: by origin, by who manages the account, and by connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ...models import Account, Connection, Identity

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, str | _StrPromise]]


class UserOriginFilter(admin.SimpleListFilter):
    """Users by how their account came to be; who has no account row was there before the install."""

    title = _("account origin")
    parameter_name = "provisioning_origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer what the source column says."""
        known = [choice for choice in Account.Origin.choices if choice[0] != Account.Origin.UNKNOWN]
        return [*known, (Account.Origin.UNKNOWN.value, _("Unknown (before install)"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the users of the chosen origin."""
        origin = self.value()
        if origin is None:
            return queryset
        if origin not in Account.Origin.values:
            return queryset.none()
        condition = Q(provisioning_account__origin=origin)
        if origin == Account.Origin.UNKNOWN:
            condition |= Q(provisioning_account=None)
        return queryset.filter(condition)


class UserManagerFilter(admin.SimpleListFilter):
    """Users by who manages their account now."""

    title = _("account managed by")
    parameter_name = "provisioning_managed_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Offer each way, and nobody."""
        return Account.ManagedBy.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the users who are managed in the chosen way."""
        manager = self.value()
        if manager is None:
            return queryset
        if manager not in Account.ManagedBy.values:
            return queryset.none()
        condition = Q(provisioning_account__managed_by=manager)
        if manager == Account.ManagedBy.NONE:
            condition |= Q(provisioning_account=None)
        return queryset.filter(condition)


class UserConnectionFilter(admin.SimpleListFilter):
    """Users whom a connection vouches for: those with a live identity in it."""

    title = _("connection")
    parameter_name = "provisioning_connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer every connection, and none [1 query]."""
        return [*Connection.objects.values_list("slug", "name"), ("-", _("None"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the users with a live identity in the chosen connection, or in none."""
        live = Identity.objects.filter(user=OuterRef("pk"), live=True)
        match self.value():
            case None:
                return queryset
            case "-":
                return queryset.filter(~Exists(live))
            case slug:
                # No slug has a NUL, and PostgreSQL takes none.
                wanted = live.filter(connection__slug=slug.replace("\0", ""))
                return queryset.filter(Exists(wanted))
