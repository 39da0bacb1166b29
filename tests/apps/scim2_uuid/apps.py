"""Registers the app as ``scim2_uuid``."""

from __future__ import annotations

from django.apps import AppConfig


class Scim2UuidConfig(AppConfig):
    """Gives the app its label."""

    name = "tests.apps.scim2_uuid"
    label = "scim2_uuid"
    default_auto_field = "django.db.models.BigAutoField"
