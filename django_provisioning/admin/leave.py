"""Leavers: each removal of access with the times by which it is judged. Read-only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..conf import settings
from ..models import Account, Event, Leave
from ..reports.leave_latency import reason_if_late
from ..reports.leave_list import LEAVES, ended_in_words, status_condition
from . import people_search
from .base import ReadOnlyAdmin, link_to
from .exports import ExportMixin

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, str | _StrPromise]]


class LeaveStatusFilter(admin.SimpleListFilter):
    """Leaves by whether they are done, and in time."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer what the status column says."""
        return [
            ("open", gettext_lazy("Open")),
            ("late", gettext_lazy("Late")),
            ("in_time", gettext_lazy("In time")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the leaves of the chosen status."""
        status = self.value()
        if status not in {"open", "late", "in_time"}:
            return queryset
        return queryset.filter(status_condition(status, timezone.now(), _sla()))


class LeaveAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of leaves, newest first."""

    table = LEAVES
    # No wider than a window of 1280 pixels: the reach is a filter, and stands on the page of each.
    list_display = ("person", "path", "connection", "received", "status_and_time", "ended_in_short")
    list_filter = (LeaveStatusFilter, "path", "everywhere", "connection")
    list_select_related = ("connection",)
    ordering = ("-pk",)
    search_fields = ("subject_label",)  # Shows the box; get_search_results looks the term up.
    search_help_text = people_search.HELP_TEXT
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "person",
                    "account_link",
                    "path",
                    "connection",
                    "connection_slug",
                    "reach",
                    "event_link",
                )
            },
        ),
        (
            gettext_lazy("Times"),
            {
                "fields": (
                    "source",
                    "received_exactly",
                    "deactivated",
                    "closed",
                    "took",
                    "limit",
                    "status",
                    "why_late",
                )
            },
        ),
        (gettext_lazy("What ended"), {"fields": ("what_ended",)}),
    )
    readonly_fields = (
        "person", "account_link", "reach", "event_link", "source", "received_exactly", "deactivated", "closed", "took",
        "limit", "status", "why_late", "what_ended",
    )  # fmt: skip

    def may_count(self, request: HttpRequest) -> bool:
        """Leave late ones uncounted: they are few, and no index names them because the limit is a setting."""
        return request.GET.get(LeaveStatusFilter.parameter_name) != "late"

    def may_go_along(self, obj: Any) -> bool:
        """Let a user be deleted: the row keeps its texts and stays."""
        return True

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look the term up by indexes; see ``people_search``."""
        return people_search.matching(request, queryset, search_term), False

    @admin.display(description=gettext_lazy("person"))
    def person(self, leave: Leave) -> str:
        """Name who left; the text outlives the user."""
        return leave.subject_label or leave.subject_id

    @admin.display(description=gettext_lazy("reach"))
    def reach(self, leave: Leave) -> str:
        """Say whether all access ended or that of one connection."""
        return _("everything") if leave.everywhere else _("this connection only")

    @admin.display(description=gettext_lazy("status"))
    def status(self, leave: Leave) -> str:
        """Say whether it is done, and in time."""
        if leave.closed_at is None:
            is_late = timezone.now() - leave.received_at > _sla()
            return _("✕ OPEN, late") if is_late else _("! OPEN")
        return _("✓ in time") if leave.closed_at - leave.received_at <= _sla() else _("! late")

    @admin.display(description=gettext_lazy("status"))
    def status_and_time(self, leave: Leave) -> str:
        """Say whether it is done, and how long that took."""
        if leave.closed_at is None:
            return self.status(leave)
        return _("%(status)s, %(time)s") % {"status": self.status(leave), "time": self.took(leave)}

    @admin.display(description=gettext_lazy("took"))
    def took(self, leave: Leave) -> str:
        """Say how long it took from the request until nothing was left to revoke."""
        if leave.closed_at is None:
            return "–"
        return _("%(seconds).3f s") % {"seconds": (leave.closed_at - leave.received_at).total_seconds()}

    @admin.display(description=gettext_lazy("limit (SLA)"))
    def limit(self, leave: Leave) -> str:
        """Say how long it may take."""
        return _("%(seconds)d s from the request until nothing is left to revoke") % {
            "seconds": _sla().total_seconds()
        }

    @admin.display(description=gettext_lazy("late because"))
    def why_late(self, leave: Leave) -> str:
        """Give the reason of one that took longer, as the latency report gives it [0 or 2 queries]."""
        return reason_if_late(leave, now=timezone.now(), sla=_sla()) or "–"

    @admin.display(description=gettext_lazy("ended"))
    def ended_in_short(self, leave: Leave) -> str:
        """Count what was ended, without what there was none of."""
        counts = ended_in_words(leave.ended)
        return ", ".join(f"{name}: {count}" for name, count, _names in counts) or "–"

    @admin.display(description=gettext_lazy("ended"))
    def what_ended(self, leave: Leave) -> str:
        """List what was ended by its kind, groups and flags with their names."""
        lines = [(name, names or count) for name, count, names in ended_in_words(leave.ended)]
        return format_html_join(mark_safe("<br>"), "{}: {}", lines) or "–"

    @admin.display(description=gettext_lazy("account"))
    def account_link(self, leave: Leave) -> str:
        """Link to the account, where it is still there [1 query]."""
        account = (
            Account.objects.filter(user=leave.user_id).select_related("user").first()
            if leave.user_id
            else None
        )
        return link_to(self.admin_site, account)

    @admin.display(description=gettext_lazy("decided at the source"))
    def source(self, leave: Leave) -> str:
        """Say when the source decided it, where that is known."""
        return _("not measured") if leave.source_at is None else exact(leave.source_at)

    @admin.display(description=gettext_lazy("received (t1)"))
    def received(self, leave: Leave) -> str:
        """Say when the request, click or sweep began."""
        return exact(leave.received_at, "seconds")

    @admin.display(description=gettext_lazy("received (t1)"))
    def received_exactly(self, leave: Leave) -> str:
        """Say it to the millisecond, so that the times of the page add up to how long it took."""
        return exact(leave.received_at)

    @admin.display(description=gettext_lazy("deactivated (t2)"))
    def deactivated(self, leave: Leave) -> str:
        """Say when the change was durable."""
        return exact(leave.deactivated_at)

    @admin.display(description=gettext_lazy("nothing left to revoke (t3)"))
    def closed(self, leave: Leave) -> str:
        """Say when the last revoker had succeeded."""
        return _("OPEN") if leave.closed_at is None else exact(leave.closed_at)

    @admin.display(description=gettext_lazy("event"))
    def event_link(self, leave: Leave) -> str:
        """Link to the event of the removal."""
        event = Event.objects.filter(uid=leave.event_uid).first()
        return link_to(self.admin_site, event, str(leave.event_uid))


def exact(moment: datetime, precision: str = "milliseconds") -> str:
    """Give a time with its offset; minutes do not order an audit trail."""
    return timezone.localtime(moment).isoformat(" ", precision)


def _sla() -> timedelta:
    return timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS)
