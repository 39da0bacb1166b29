"""Registers the app as ``uuid_users``."""

from __future__ import annotations

from django.apps import AppConfig


class UuidUsersConfig(AppConfig):
    """Gives the app its label."""

    name = "tests.apps.uuid_users"
    label = "uuid_users"
    default_auto_field = "django.db.models.BigAutoField"
