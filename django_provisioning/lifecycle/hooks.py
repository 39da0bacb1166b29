"""Receivers on Django's own signals: what must be noticed although it is not our code that does it."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_save
from django.http import HttpRequest

from . import out_of_band, sessions, transactions
from .context import Actor, Context


def connect() -> None:
    """Connect the receivers once, when the app is ready."""
    user_logged_in.connect(_on_login, dispatch_uid="django_provisioning.login")
    user_logged_out.connect(_on_logout, dispatch_uid="django_provisioning.logout")
    post_save.connect(_on_user_saved, sender=get_user_model(), dispatch_uid="django_provisioning.user_saved")


def _on_login(request: HttpRequest, user: Any, **_: Any) -> None:
    sessions.remember(request, user)


def _on_logout(request: HttpRequest, **_: Any) -> None:
    sessions.forget(request)


def _on_user_saved(
    instance: Any, *, created: bool, raw: bool, update_fields: Collection[str] | None, **_: Any
) -> None:
    """Follow the project's own code when it makes a user inactive or active [1 query where ``is_active`` was saved]."""
    if created or raw or transactions.is_own_write():
        return
    if update_fields is not None and "is_active" not in update_fields:
        return
    context = Context.of(Actor.application())
    transactions.run(partial(out_of_band.follow, context, instance))
