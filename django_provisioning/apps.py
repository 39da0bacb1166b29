"""The app configuration: connects the receivers of ``lifecycle`` and registers the checks."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
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
        from .lifecycle import credentials, explainers, hooks, signing_certificates

        hooks.connect()
        credentials.connect()
        explainers.use(_answered)
        signing_certificates.read_by("saml", _metadata_keys)
        signing_certificates.read_by("jwks", _published_keys)


def _answered(*question: Any) -> Any:
    """Answer a page's question; the doors are imported by the first, not by the start of every process."""
    from .management.questions import answered

    return answered(*question)


def _metadata_keys(connections: Any) -> Any:
    """Read the metadata of SAML; the door is imported by the scheduled run, not by the start of every process."""
    if not apps.is_installed("djangosaml2"):
        return {}
    from .jit.saml_certificates import metadata_keys

    return metadata_keys(connections)


def _published_keys(connections: Any) -> Any:
    """Read the key sets of providers; without PyJWT, requests and cryptography nothing here believes one."""
    try:
        from .jit.key_certificates import published_keys
    except ModuleNotFoundError:
        return {}

    return published_keys(connections)
