"""Registers the app as ``email_users``."""

from __future__ import annotations

from django.apps import AppConfig


class EmailUsersConfig(AppConfig):
    """Gives the app its label."""

    name = "tests.apps.email_users"
    label = "email_users"
    default_auto_field = "django.db.models.BigAutoField"
