"""Registers the app as ``keys``."""

from __future__ import annotations

from django.apps import AppConfig


class KeysConfig(AppConfig):
    """Gives the app its label."""

    name = "tests.apps.keys"
    label = "keys"
    default_auto_field = "django.db.models.BigAutoField"
