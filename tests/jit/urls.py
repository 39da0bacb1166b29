"""URLs of a site with both SSO libraries and our views."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from example_project.views import whoami


def front(request: HttpRequest) -> HttpResponse:
    """Show where people end after logging out."""
    return HttpResponse("the front page")


urlpatterns = [
    path("", front),
    path("whoami/", whoami),
    path("scim/v2/", include("django_provisioning.urls")),
    path("idp/", include("django_provisioning.jit.logout_urls")),
    path("admin/", admin.site.urls),
    path("saml2/", include("django_provisioning.jit.saml_urls")),
    path("saml2/", include("djangosaml2.urls")),
    path("oidc/", include("mozilla_django_oidc.urls")),
]
