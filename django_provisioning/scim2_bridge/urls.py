"""Our URLs, reachable under django-scim2's names as well: ``path("scim/v2/", include("….scim2_bridge.urls"))``.

``reverse("scim:users", kwargs={"uuid": …})`` gives the path it always gave, and our views answer there. Nothing of
django-scim2 is needed for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from ..scim import discovery, me, views

_View = Callable[..., HttpResponse]


def _resources(endpoint: str) -> _View:
    """Give the view of ``/Users`` and ``/Users/{uuid}``, which are one URL to django-scim2."""
    every, single = views.ResourcesView.as_view(), views.ResourceView.as_view()

    @csrf_exempt  # As on our own views: a bearer token answers for the request, not a cookie.
    @transaction.non_atomic_requests
    def view(request: HttpRequest, uuid: str | None = None) -> HttpResponse:
        if uuid is None:
            return every(request, endpoint=endpoint)  # type: ignore[no-any-return]
        return single(request, endpoint=endpoint, scim_id=uuid)  # type: ignore[no-any-return]

    return view


def _by_key(view_class: Any) -> _View:
    """Give a discovery view that takes its key as ``uuid``."""
    inner = view_class.as_view()

    @csrf_exempt
    @transaction.non_atomic_requests
    def view(request: HttpRequest, uuid: str | None = None) -> HttpResponse:
        return inner(request, key=uuid)  # type: ignore[no-any-return]

    return view


_OLD_NAMES = [
    re_path(r"^$", views.RootView.as_view(), name="root"),
    re_path(r"^\.search$", views.RootSearchView.as_view(), name="search"),
    re_path(r"^Users/\.search$", views.SearchView.as_view(), {"endpoint": "Users"}, name="users-search"),
    re_path(r"^Users(?:/(?P<uuid>[^/]+))?$", _resources("Users"), name="users"),
    re_path(r"^Groups/\.search$", views.SearchView.as_view(), {"endpoint": "Groups"}, name="groups-search"),
    re_path(r"^Groups(?:/(?P<uuid>[^/]+))?$", _resources("Groups"), name="groups"),
    re_path(r"^Me$", me.MeView.as_view(), name="me"),
    re_path(
        r"^ServiceProviderConfig$",
        discovery.ServiceProviderConfigView.as_view(),
        name="service-provider-config",
    ),
    re_path(
        r"^ResourceTypes(?:/(?P<uuid>[^/]+))?$", _by_key(discovery.ResourceTypesView), name="resource-types"
    ),
    re_path(r"^Schemas(?:/(?P<uuid>[^/]+))?$", _by_key(discovery.SchemasView), name="schemas"),
    re_path(r"^Bulk$", views.BulkView.as_view(), name="bulk"),
]

urlpatterns = [
    path("", include((_OLD_NAMES, "scim"))),
    path("", include("django_provisioning.urls")),
]
