"""Receivers on Django's own signals: what must be noticed although it is not our code that does it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from . import sessions


def connect() -> None:
    """Connect the receivers once, when the app is ready."""
    user_logged_in.connect(_on_login, dispatch_uid="django_provisioning.login")
    user_logged_out.connect(_on_logout, dispatch_uid="django_provisioning.logout")


def _on_login(request: HttpRequest, user: Any, **_: Any) -> None:
    sessions.remember(request, user)


def _on_logout(request: HttpRequest, **_: Any) -> None:
    sessions.forget(request)
