"""Lists as files: a link under each list gives it, with its present search and filters, as CSV or JSON lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from ..lifecycle import exports
from ..lifecycle.context import Context
from ..reports.export import FORMATS, Table, lines
from .base import context_of
from .paging import POSITION_VARS

if TYPE_CHECKING:
    from .base import BaseAdmin
else:
    BaseAdmin = object


class ExportMixin(BaseAdmin):
    """Adds ``export/csv/`` and ``export/jsonl/`` to a list; ``table`` says what the rows are."""

    table: ClassVar[Table]
    change_list_template = "admin/django_provisioning/dashboard/change_list.html"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whether the person may take this list away as a file."""
        user: Any = request.user
        return bool(user.has_perm("django_provisioning.export_report")) and self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Add the files."""
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/<str:form>/", view, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer the files to those who may have them."""
        extra = {
            "may_export": self.has_export_permission(request),
            "export_forms": list(FORMATS),
            "export_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_export",
            "query_string": _filters_of(request),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Stream what the list holds under the filters of the query string, all pages of it."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if form not in FORMATS:
            raise Http404
        try:
            queryset = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            raise Http404 from error
        counted = _Counted(self.table.rows(queryset))
        text = lines(form, self.table.columns, counted)
        context = context_of(request)
        body = _recorded(text, context, counted, (self.table.name, form, _filters_of(request)))
        stamp = f"{timezone.now():%Y-%m-%d}"
        return StreamingHttpResponse(
            body,
            content_type=FORMATS[form],
            headers={
                "Content-Disposition": f'attachment; filename="{self.table.name}-{stamp}.{form}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _filters_of(request: HttpRequest) -> str:
    """Give the query string without the page: the file holds them all."""
    query = request.GET.copy()
    for name in POSITION_VARS:
        query.pop(name, None)
    return query.urlencode()


class _Counted:
    """Rows that are counted while they pass."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            yield row


def _recorded(
    text: Iterable[str], context: Context, counted: _Counted, what: tuple[str, str, str]
) -> Iterator[bytes]:
    """Pass the lines on, and write the event after the last one, or when the reader hangs up."""
    digest = hashlib.sha256()
    is_whole = False
    try:
        for line in text:
            chunk = line.encode()
            digest.update(chunk)
            yield chunk
        is_whole = True
    finally:
        name, form, query = what
        exports.record(
            context, exports.Export(name, form, query, counted.count, digest.hexdigest(), is_whole)
        )
