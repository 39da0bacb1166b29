"""URLs of a site as the SSO libraries' own guides set it up, without any view of ours."""

from __future__ import annotations

from django.urls import include, path
from mozilla_django_oidc import views

from example_project.views import whoami
from tests.jit.urls import front

urlpatterns = [
    path("", front),
    path("whoami/", whoami),
    path("scim/v2/", include("django_provisioning.urls")),
    path("idp/", include("django_provisioning.jit.logout_urls")),
    path("saml2/", include("djangosaml2.urls")),
    path(
        "oidc/callback/", views.OIDCAuthenticationCallbackView.as_view(), name="oidc_authentication_callback"
    ),
    path(
        "oidc/authenticate/", views.OIDCAuthenticationRequestView.as_view(), name="oidc_authentication_init"
    ),
]
