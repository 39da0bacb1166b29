"""Filters of the accounts list: privileged, holding sessions, and for how long nobody has seen the account.

Drift is a value of the anomaly filter. Each begins with a small set or an index: the flagged users, the index of
sessions, the index on (state, last_seen_at).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...models import Account, SessionIndex, figures
from ...reports.overview import is_large
from ..filters import connections_of, counted_in

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, str | _StrPromise]]


class PrivilegedFilter(admin.SimpleListFilter):
    """Accounts whose user opens the admin.

    As a set of users and not as a join: they are few, and the project's user table has no index on its flags, so a
    join would follow every account to its user. On a large site they are those that ``provisioning_run`` found last.
    """

    title = _("privileged")
    parameter_name = "privileged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer staff and superusers."""
        return [("yes", _("Staff or superuser"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts of staff and superusers."""
        if self.value() != "yes":
            return queryset
        if is_large(counted_in(connections_of(request))):
            return queryset.filter(figures.flagged(figures.PRIVILEGED))
        privileged = get_user_model()._base_manager.filter(figures.privileged())
        return queryset.filter(user__in=privileged.values("pk"))


class SessionsFilter(admin.SimpleListFilter):
    """Accounts by whether a session of theirs is known."""

    title = _("sessions")
    parameter_name = "sessions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer both."""
        return [("yes", _("Known sessions")), ("no", _("None known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the accounts that hold a known session, or none."""
        held = Exists(SessionIndex.objects.filter(user=OuterRef("user")))
        match self.value():
            case "yes":
                return queryset.filter(held)
            case "no":
                return queryset.filter(~held)
            case _:
                return queryset


class SeenFilter(admin.SimpleListFilter):
    """Active accounts by how long ago they were last seen; who has left is silent by right, and not listed."""

    title = _("last seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer what policies and auditors ask for."""
        return [
            ("30", _("Within 30 days")),
            ("90", _("30 to 90 days ago")),
            ("180", _("90 to 180 days ago")),
            ("older", _("More than 180 days ago")),
            ("never", _("Never seen")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the active accounts of the chosen bucket; each account is in one."""
        now = timezone.now()
        month, quarter, half = (now - timedelta(days=days) for days in (30, 90, 180))
        conditions: dict[str | None, dict[str, Any]] = {
            "30": {"last_seen_at__gte": month},
            "90": {"last_seen_at__lt": month, "last_seen_at__gte": quarter},
            "180": {"last_seen_at__lt": quarter, "last_seen_at__gte": half},
            "older": {"last_seen_at__lt": half},
            "never": {"last_seen_at": None},
        }
        condition = conditions.get(self.value())
        return queryset if condition is None else queryset.filter(state=Account.State.ACTIVE, **condition)
