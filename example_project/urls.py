"""URLs of the example project."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from example_project import views

urlpatterns = [
    path("", views.index, name="index"),
    path("whoami/", views.whoami, name="whoami"),
    path("accounts/login/", views.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("scim/v2/", include("django_provisioning.urls")),
    path("provisioning-selftest/", include("django_provisioning.selftest.urls")),
]

if apps.is_installed("mozilla_django_oidc") or apps.is_installed("djangosaml2"):
    urlpatterns.append(path("idp/", include("django_provisioning.jit.logout_urls")))

if apps.is_installed("mozilla_django_oidc"):
    urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))

if apps.is_installed("djangosaml2"):
    urlpatterns += [
        path("saml2/", include("django_provisioning.jit.saml_urls")),
        path("saml2/", include("djangosaml2.urls")),
    ]

if getattr(settings, "EXAMPLE_PROBES", False):
    from rest_framework_simplejwt.views import TokenRefreshView

    from example_project import probes

    urlpatterns += [
        path("test/make-credentials/", probes.make_credentials),
        path("api/me/", probes.Me.as_view()),
        path("api/token/refresh/", TokenRefreshView.as_view()),
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    ]
