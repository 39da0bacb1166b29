"""The overview: the first page that somebody who answers for access should open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..lifecycle import addresses, request_log, rollups
from ..reports.activity import SPANS
from ..reports.overview import overview
from .base import ReadOnlyAdmin


class DashboardAdmin(ReadOnlyAdmin):
    """A page in the admin's index that is no list of rows."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission of the page, whatever the model's own would be."""
        user: Any = request.user
        return bool(user.is_active and user.has_perm("django_provisioning.view_dashboard"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """List the page for those who may open it."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Give the one page, under the name by which the index links to a list."""
        view = self.admin_site.admin_view(self.overview_view)
        return [path("", view, name=f"{self.opts.app_label}_{self.opts.model_name}_changelist")]

    def overview_view(self, request: HttpRequest) -> HttpResponse:
        """Show the overview; ``admin_view`` has only asked whether somebody is staff."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request_log.flush()
        sla = timedelta(seconds=settings.OFFBOARDING_SLA_SECONDS)
        base = addresses.scim_base_url()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Overview"),
            "opts": self.opts,
            "overview": overview(timezone.now(), holders=rollups.holders(), sla=sla, span=_span(request)),
            "spans": SPANS,
            "sla": sla,
            "scim_base_url": base and request.build_absolute_uri(base),
            **_permissions(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/django_provisioning/dashboard/overview.html", context)


def _span(request: HttpRequest) -> int:
    """Give how many days the charts show: the shortest of ``SPANS`` unless the query names another of them."""
    wanted = request.GET.get("days")
    return next((span for span in SPANS if wanted == str(span)), SPANS[0])


def _permissions(request: HttpRequest) -> dict[str, bool]:
    """Say which further pages may be linked to: a link that ends in a refusal helps nobody."""
    user: Any = request.user
    names = (
        "view_account",
        "view_connection",
        "view_event",
        "view_leave",
        "view_scimrequest",
        "add_connection",
        "manage_connection",
    )
    return {f"may_{name}": user.has_perm(f"django_provisioning.{name}") for name in names}
