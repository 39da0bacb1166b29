"""The protected page: ``path("provisioning-selftest/", include("django_provisioning.selftest.urls"))``.

Only a run against a deployed site (``--url``) needs it; a run in the process adds it by itself.
"""

from __future__ import annotations

from django.urls import path

from .views import whoami

app_name = "provisioning-selftest"

urlpatterns = [path("whoami/", whoami, name="whoami")]
