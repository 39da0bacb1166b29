"""Registers the app as ``scim2_mixin``."""

from __future__ import annotations

from django.apps import AppConfig


class Scim2MixinConfig(AppConfig):
    """Gives the app its label."""

    name = "tests.apps.scim2_mixin"
    label = "scim2_mixin"
    default_auto_field = "django.db.models.BigAutoField"
