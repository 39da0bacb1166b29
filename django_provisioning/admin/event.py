"""Events: the audit trail, read-only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Event
from ..reports.events import EVENTS
from . import people_search
from .base import ReadOnlyAdmin
from .exports import ExportMixin
from .filters import EventTypeFilter


class EventAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of events, newest first."""

    table = EVENTS
    list_display = (
        "time", "labelled", "outcome", "reason", "subject", "actor", "connection", "correlation",
    )  # fmt: skip
    list_filter = ("phase", "outcome", "connection", EventTypeFilter)
    list_select_related = ("connection",)
    ordering = ("-pk",)
    search_fields = ("correlation_id",)  # Shows the box; get_search_results looks the term up.
    search_help_text = _("A whole correlation id, or a person: beginning of a user name, or a whole SCIM id.")
    fieldsets = (
        (None, {"fields": ("time", "labelled", "phase", "outcome", "reason")}),
        (_("Who"), {"fields": ("actor_type", "actor_id", "actor_label", "ip")}),
        (_("Whom"), {"fields": ("subject_type", "subject_label", "subject_id", "scim_id")}),
        (_("What"), {"fields": ("changed", "effected")}),
        (_("Where it belongs"), {"fields": ("connection", "connection_slug", "correlation", "batch", "uid")}),
    )
    readonly_fields = ("time", "labelled", "changed", "effected", "correlation", "batch", "requests")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Lead to the SCIM request behind an event, for those who may see it."""
        user: Any = request.user
        found = super().get_fieldsets(request, obj)
        if not user.has_perm("django_provisioning.view_scimrequest"):
            return found
        return [*found, (_("SCIM requests"), {"fields": ("requests",)})]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by correlation id, or by the person whom an event is about."""
        term = search_term.strip()[:255].replace("\x00", "")
        if not term:
            return queryset, False
        people = people_search.keys_as_text(term)
        if people is None:
            text = gettext("More than %(count)d people match: no event is found by its person. Add letters.")
            self.message_user(request, text % {"count": people_search.MOST_NAMED}, messages.WARNING)
        about = Q(subject_type="user", subject_id__in=people or [])
        return queryset.filter(Q(correlation_id=term) | about), False

    @admin.display(description=_("time"))
    def time(self, event: Event) -> str:
        """Give the time to the second, with its offset: minutes do not order an audit trail."""
        return timezone.localtime(event.occurred_at).isoformat(" ", "seconds")

    @admin.display(description=_("type"))
    def labelled(self, event: Event) -> str:
        """Give the code, which exports and filters use, and what it means."""
        return format_html('{} <div class="provisioning-muted">{}</div>', event.type, event.label)

    @admin.display(description=_("subject"))
    def subject(self, event: Event) -> str:
        """Name whom or what the event is about."""
        return event.subject_label or event.subject_id or "–"

    @admin.display(description=_("actor"))
    def actor(self, event: Event) -> str:
        """Name who caused it."""
        return f"{event.actor_type}: {event.actor_label or event.actor_id}"

    @admin.display(description=_("correlation id"))
    def correlation(self, event: Event) -> str:
        """Link to all events of the same request."""
        return self._same("correlation_id", event.correlation_id)

    @admin.display(description=_("SCIM requests"))
    def requests(self, event: Event) -> str:
        """Link to the SCIM request that caused it: one of the same correlation id."""
        return (
            self._same("correlation_id", event.correlation_id, "scimrequest")
            if event.actor_type == "scim"
            else "–"
        )

    @admin.display(description=_("batch id"))
    def batch(self, event: Event) -> str:
        """Link to all events of the same batch."""
        return self._same("batch_id", event.batch_id)

    @admin.display(description=_("changes"))
    def changed(self, event: Event) -> str:
        """Show each changed attribute with its old and new value."""
        rows = ((name, *old_and_new(change)) for name, change in sorted(event.changes.items()))
        table = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows)
        if not table:
            return "–"
        return format_html(
            '<table><thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            _("Attribute"), _("Before"), _("After"), table,
        )  # fmt: skip

    @admin.display(description=_("effects"))
    def effected(self, event: Event) -> str:
        """Show what the event counted or noted."""
        rows = ((name, shown(value)) for name, value in sorted(event.effects.items()))
        table = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', rows)
        return format_html("<table><tbody>{}</tbody></table>", table) if table else "–"

    def _same(self, column: str, value: str, model: str = "event") -> str:
        if not value:
            return "–"
        name = f"admin:{self.opts.app_label}_{model}_changelist"
        url = reverse(name, current_app=self.admin_site.name, query={column: value})
        return format_html('<a href="{}">{}</a>', url, value)


def old_and_new(change: Any) -> tuple[str, str]:
    """Give the two values of a change as people read them."""
    if isinstance(change, Mapping) and change.keys() <= {"old", "new"}:
        return shown(change.get("old")), shown(change.get("new"))
    return "–", shown(change)


def shown(value: Any) -> str:
    """Give a value of a change or an effect as people read it."""
    match value:
        case None | "":
            return "–"
        case list():
            return ", ".join(map(str, value)) or "–"
        case _:
            return str(value)
