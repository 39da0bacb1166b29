"""The app configuration: connects the receivers of ``lifecycle`` and registers the checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DjangoProvisioningConfig(AppConfig):
    """``django_provisioning`` as one entry in INSTALLED_APPS."""

    name = "django_provisioning"
    label = "django_provisioning"
    verbose_name = _("Provisioning")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what must run without the project's doing."""
        from . import checks  # noqa: F401  (registers the system checks)
        from .lifecycle import credentials, hooks

        hooks.connect()
        credentials.connect()
