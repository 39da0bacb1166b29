"""Receivers on Django's own signals: what must be noticed although it is not our code that does it."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import Model
from django.db.models.signals import post_save, pre_delete
from django.http import HttpRequest

from . import leave, out_of_band, sessions, transactions
from .context import Actor, Context


def connect() -> None:
    """Connect the receivers once, when the app is ready."""
    user_logged_in.connect(_on_login, dispatch_uid="django_provisioning.login")
    user_logged_out.connect(_on_logout, dispatch_uid="django_provisioning.logout")
    for model in apps.get_models():
        if issubclass(model, get_user_model()):
            post_save.connect(_on_user_saved, sender=model, dispatch_uid="django_provisioning.user_saved")
            if not _tells_of_its_parent(model):
                pre_delete.connect(
                    _on_user_deleted, sender=model, dispatch_uid="django_provisioning.user_deleted"
                )


def _tells_of_its_parent(model: type[Model]) -> bool:
    """Whether the deletion of a row is told of as that of its parent's row too; its save is not."""
    return model._meta.concrete_model is not get_user_model()._meta.concrete_model


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


def _on_user_deleted(instance: Any, **_: Any) -> None:
    """Follow the project's own code when it deletes a user: sessions have no key to the user and would stay."""
    if not transactions.is_own_write():
        context = Context.of(Actor.application())
        transactions.run(partial(leave.erased_by_project, context, instance))
