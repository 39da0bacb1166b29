"""URLs of the SCIM face: ``path("scim/v2/", include("django_provisioning.urls"))``.

A trailing slash is taken as well as none, without a redirect: redirected POSTs lose their body.
"""

from __future__ import annotations

from django.urls import re_path

from .scim import discovery, me, views

app_name = "django_provisioning"

urlpatterns = [
    re_path(r"^$", views.RootView.as_view(), name="root"),
    re_path(r"^\.search/?$", views.RootSearchView.as_view(), name="root-search"),
    re_path(
        r"^ServiceProviderConfig/?$",
        discovery.ServiceProviderConfigView.as_view(),
        name="service-provider-config",
    ),
    re_path(
        r"^ResourceTypes(?:/(?P<key>[^/]+))?/?$", discovery.ResourceTypesView.as_view(), name="resource-types"
    ),
    re_path(r"^Schemas(?:/(?P<key>[^/]+))?/?$", discovery.SchemasView.as_view(), name="schemas"),
    re_path(r"^Bulk/?$", views.BulkView.as_view(), name="bulk"),
    re_path(r"^Me/?$", me.MeView.as_view(), name="me"),
    re_path(r"^(?P<endpoint>[A-Z][A-Za-z]*)/?$", views.ResourcesView.as_view(), name="resources"),
    re_path(r"^(?P<endpoint>[A-Z][A-Za-z]*)/\.search/?$", views.SearchView.as_view(), name="search"),
    re_path(
        r"^(?P<endpoint>[A-Z][A-Za-z]*)/(?P<scim_id>[^/]+)/?$", views.ResourceView.as_view(), name="resource"
    ),
    # Every character: a dot would let a path with a line break fall through to the project's HTML page.
    re_path(r"^[\s\S]*$", views.UnknownEndpointView.as_view(), name="unknown"),
]
