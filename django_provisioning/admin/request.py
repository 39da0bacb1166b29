"""SCIM requests: what directories asked, what they were answered, and why. Read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..lifecycle import request_log
from ..models import Connection, ScimRequest
from ..reports.requests import REQUESTS, STATUS_CLASSES, class_condition, recent
from .base import ReadOnlyAdmin
from .exports import ExportMixin
from .leave import exact

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Choices = list[tuple[str, str | _StrPromise]]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_BODIES = ("sent", "answered")
_HIDDEN = ("request_body", "response_body")


class AnswerFilter(admin.SimpleListFilter):
    """Requests by how they were answered."""

    title = gettext_lazy("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer the classes of answers, the failures first."""
        labels: Mapping[str, _StrPromise] = {
            "failed": gettext_lazy("Failed (all but 404)"),
            "2xx": gettext_lazy("2xx: done"),
            "3xx": gettext_lazy("3xx: not modified"),
            "4xx": gettext_lazy("4xx: refused"),
            "5xx": gettext_lazy("5xx: failed here"),
        }
        return [(name, labels[name]) for name in STATUS_CLASSES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the requests of the chosen class."""
        name = self.value()
        return queryset.filter(class_condition(name)) if name in STATUS_CLASSES else queryset


class MethodFilter(admin.SimpleListFilter):
    """Requests by their method; the list is known, so the table is not asked for it."""

    title = gettext_lazy("method")
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer the methods."""
        return [(method, method) for method in _METHODS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the requests of the chosen method."""
        return queryset.filter(method=self.value()) if self.value() in _METHODS else queryset


class ScimRequestAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of SCIM requests, newest first; the bodies have a permission of their own."""

    table = REQUESTS
    list_display = ("time", "connection_name", "asked", "answer", "scim_type", "took", "correlation")
    list_filter = (AnswerFilter, MethodFilter, "connection", "at")
    list_select_related = ("connection",)
    ordering = ("-pk",)
    search_fields = ("correlation_id",)  # Shows the box; get_search_results looks the term up.
    search_help_text = gettext_lazy(
        "A whole correlation id: the X-Request-ID of the request and of its answer."
    )
    fieldsets = (
        (None, {"fields": ("time", "connection", "connection_slug", "key_id")}),
        (
            gettext_lazy("Request"),
            {"fields": ("method", "path", "shown_query", "request_bytes", "ip", "user_agent")},
        ),
        (gettext_lazy("Answer"), {"fields": ("answer", "scim_type", "detail", "took", "response_bytes")}),
    )
    readonly_fields = ("time", "shown_query", "answer", "took", "correlation", "events", *_BODIES)

    class Media:
        css = {"all": ["django_provisioning/provisioning.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Include what this process has answered a moment ago; the texts of bodies are not read for a list."""
        request_log.flush()
        rows: QuerySet[Any] = super().get_queryset(request)
        match = request.resolver_match
        is_page = match is not None and "object_id" in match.kwargs
        return rows if is_page else rows.defer(*_HIDDEN)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Refuse to ask for what is in bodies that the reader may not see."""
        return not lookup.startswith(_HIDDEN) and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the events of the request, and its bodies, to those who may see them."""
        user: Any = request.user
        may_view_events = user.has_perm("django_provisioning.view_event")
        where = ("correlation", "events") if may_view_events else ("correlation",)
        found = [*super().get_fieldsets(request, obj), (_("Where it belongs"), {"fields": where})]
        if user.has_perm("django_provisioning.view_request_body"):
            found.append((_("Bodies, with values masked"), {"fields": _BODIES}))
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by correlation id."""
        term = search_term.strip()[:255].replace("\x00", "")
        return (queryset.filter(correlation_id=term) if term else queryset), False

    @admin.display(description=gettext_lazy("time"))
    def time(self, scim_request: ScimRequest) -> str:
        """Give the time of the answer, with its offset."""
        return exact(scim_request.at, "milliseconds")

    @admin.display(description=gettext_lazy("connection"))
    def connection_name(self, scim_request: ScimRequest) -> str:
        """Name the connection; its slug outlives it, and an unknown token is nobody's."""
        connection = scim_request.connection
        return connection.name if connection else scim_request.connection_slug or _("unknown token")

    @admin.display(description=gettext_lazy("request"))
    def asked(self, scim_request: ScimRequest) -> str:
        """Give method and path."""
        return f"{scim_request.method} {scim_request.path}"

    @admin.display(description=gettext_lazy("query, with values masked"))
    def shown_query(self, scim_request: ScimRequest) -> str:
        """Give the query string."""
        return scim_request.query or "–"

    @admin.display(description=gettext_lazy("answer"))
    def answer(self, scim_request: ScimRequest) -> str:
        """Give the status with its sign: a failure is told by more than a number."""
        return answer_of(scim_request)

    @admin.display(description=gettext_lazy("took"))
    def took(self, scim_request: ScimRequest) -> str:
        """Say how long it took here."""
        return _("%(milliseconds)d ms") % {"milliseconds": scim_request.milliseconds}

    @admin.display(description=gettext_lazy("correlation id"))
    def correlation(self, scim_request: ScimRequest) -> str:
        """Link to all requests of the same id."""
        return self._same("scimrequest", scim_request.correlation_id, scim_request.correlation_id)

    @admin.display(description=gettext_lazy("events"))
    def events(self, scim_request: ScimRequest) -> str:
        """Link to what the request changed."""
        return self._same("event", scim_request.correlation_id, _("Events of this request"))

    @admin.display(description=gettext_lazy("request body"))
    def sent(self, scim_request: ScimRequest) -> str:
        """Give the form of the body that came."""
        return _shown_body(scim_request.request_body)

    @admin.display(description=gettext_lazy("response body"))
    def answered(self, scim_request: ScimRequest) -> str:
        """Give the form of the body that went out."""
        return _shown_body(scim_request.response_body)

    def _same(self, model: str, correlation_id: str, text: str) -> str:
        if not correlation_id:
            return "–"
        name = f"admin:{self.opts.app_label}_{model}_changelist"
        url = reverse(name, current_app=self.admin_site.name, query={"correlation_id": correlation_id})
        return format_html('<a href="{}">{}</a>', url, text)


def answer_of(scim_request: ScimRequest) -> str:
    """Give the status with a sign: ✓ done, ! refused, ✕ failed here; 404 is an answer like any other."""
    status = scim_request.status
    sign = "✕" if status >= 500 else "!" if status >= 400 and status != 404 else "✓"
    return f"{sign} {status}"


def requests_context(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    """Give what ``dashboard/requests.html`` shows of a connection; nothing to those who may not see requests."""
    user: Any = request.user
    may_view = user.has_perm("django_provisioning.view_scimrequest")
    if may_view:
        request_log.flush()
    return {
        "may_view_scimrequest": may_view,
        "recent_requests": _with_answers(recent(connection)) if may_view else [],
        "requests_query": f"connection__id__exact={connection.pk}",
    }


def _with_answers(rows: Sequence[ScimRequest]) -> list[tuple[ScimRequest, str]]:
    return [(row, answer_of(row)) for row in rows]


def _shown_body(text: str) -> str:
    return (
        format_html('<pre class="provisioning-body" translate="no">{}</pre>', text) if text else _("not kept")
    )
