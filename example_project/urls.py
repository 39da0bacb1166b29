"""URLs of the example project."""

from __future__ import annotations

from django.apps import apps
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
]

if apps.is_installed("mozilla_django_oidc"):
    urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))

if apps.is_installed("djangosaml2"):
    urlpatterns += [
        path("saml2/", include("django_provisioning.jit.saml_urls")),
        path("saml2/", include("djangosaml2.urls")),
    ]
