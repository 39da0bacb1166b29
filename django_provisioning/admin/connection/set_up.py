"""The set-up page of a connection: the URL, the steps at its identity provider, and whether it has called yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from ...lifecycle import addresses
from ...models import Event
from ...reports.connections import problems, with_health
from ..base import may_see_events
from ..token.operations import may_issue
from .address import scim_base_url
from .setup_guides import guide_of

if TYPE_CHECKING:
    from ..base import ProvisioningAdmin

_MOST_REFUSALS = 5


def setup_urls(page: ProvisioningAdmin) -> list[URLPattern]:
    """Give the URLs of the page and of what it watches."""
    site, prefix = page.admin_site, f"{page.opts.app_label}_{page.opts.model_name}"

    def setup(request: HttpRequest, object_id: int) -> HttpResponse:
        return _setup(page, request, object_id)

    def status(request: HttpRequest, object_id: int) -> HttpResponse:
        return _status(page, request, object_id)

    return [
        path("<int:object_id>/setup/", site.admin_view(setup), name=f"{prefix}_setup"),
        path("<int:object_id>/setup/status/", site.admin_view(status), name=f"{prefix}_setup_status"),
    ]


def _setup(page: ProvisioningAdmin, request: HttpRequest, object_id: int) -> HttpResponse:
    connection = _found(page, request, object_id)
    base = addresses.scim_base_url()
    guide = guide_of(connection.idp)
    refusals = Event.objects.filter(connection=connection, type="request.refused").order_by("-pk")
    url = base and request.build_absolute_uri(base)
    context = {
        **page.admin_site.each_context(request),
        "title": _("Set up %(name)s") % {"name": connection.name},
        "opts": page.opts,
        "target": connection,
        "target_url": page.url_of(connection),
        "guide": guide,
        "last_request": _last_request(connection),
        "scim_base_url": scim_base_url(request, connection.idp),
        "curl_url": f"{url}/Users?count=1",
        "problems": problems(connection, timezone.now()),
        "refusals": refusals[:_MOST_REFUSALS] if may_see_events(request) else (),
        "may_issue": may_issue(request, connection),
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/django_provisioning/dashboard/setup.html", context)


def _status(page: ProvisioningAdmin, request: HttpRequest, object_id: int) -> HttpResponse:
    """Say when the last request came and what is not well now; the page asks while somebody watches."""
    connection = _found(page, request, object_id)
    return JsonResponse(
        {"last_request": _last_request(connection), "problems": problems(connection, timezone.now())}
    )


def _last_request(connection: Any) -> str:
    at = connection.last_request_at
    return timezone.localtime(at).isoformat(" ", "seconds") if at else ""


def _found(page: ProvisioningAdmin, request: HttpRequest, object_id: int) -> Any:
    """Check the permission first: who may not see connections learns of none."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    connection = with_health(timezone.now()).filter(pk=object_id).first()
    if connection is None:
        raise Http404
    return connection
