"""Take over the people and groups that django-scim2-server served, with the ids that the directory has stored."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from django_provisioning.management.imports import ImportCommand, require_package
from django_provisioning.scim2_bridge.django_scim2_server import DjangoScim2ServerSource
from django_provisioning.scim2_bridge.reading import Source


class Command(ImportCommand):
    """``provisioning_import_django_scim2_server --connection SLUG [--dry-run] [--format json]``.

    Every row of that package's tables was written by a directory, so there is nothing to choose.
    """

    help = "Imports what django-scim2-server kept. It can be repeated: what is there already stays as it is."

    def source(self, **options: Any) -> Source:
        """Give the package's tables."""
        require_package(lambda: apps.is_installed("django_scim2_server"), "django-scim2-server")
        return DjangoScim2ServerSource()
