"""Remembers through which connection a token was made, so that the end of one connection ends its tokens.

The guard middleware says for each request whose session it is (``current_connection``). A token that is saved during
such a request gets a ``CredentialOrigin`` row; one that is made from another token (an OAuth access token from a
grant, a rotated refresh token) inherits the origin of that. Rows that are made in bulk send no signal and have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_save
from django.utils import timezone

from ..conf import settings
from ..models import Connection, CredentialOrigin
from . import revocation
from .revokers.base import RowRevoker

# The primary key of the connection that the request's session came through, None where it came through none. The
# guard sets it at the start of a request and takes it back at the end; without the guard it is never set.
current_connection: ContextVar[int | None] = ContextVar("provisioning_current_connection")

_UNGUARDED = object()
_BATCH = 300


def connect() -> None:
    """Follow the tokens that are made, once the app is ready."""
    post_save.connect(_on_saved, dispatch_uid="django_provisioning.credential_made")


def go_on_as(connection: int) -> None:
    """Count what else is made in the running request as the connection's; without the guard nothing is counted."""
    if current_connection.get(_UNGUARDED) is not _UNGUARDED:
        current_connection.set(connection)


def prune() -> int:
    """Forget the origins of tokens that are gone, and give how many [2-4 queries for each 300 origins]."""
    followed = {one.kind: one for one in revocation.installed() if isinstance(one, RowRevoker)}
    gone, last = 0, 0
    while batch := list(CredentialOrigin.objects.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        dead: list[int] = []
        for kind in {one.kind for one in batch}:
            origins = [one for one in batch if one.kind == kind]
            alive = followed[kind].surviving(origins) if kind in followed else set()
            dead += [one.pk for one in origins if one.key not in alive]
        if dead:
            CredentialOrigin.objects.filter(pk__in=dead).delete()
        gone += len(dead)
    return gone


def _on_saved(sender: type[Model], instance: Any, *, created: bool, raw: bool, **_: Any) -> None:
    """Write the origin of a token [nothing for other rows; 1 to 6 queries for a token]."""
    if raw:
        return
    try:
        followed = _followed(tuple(settings.REVOKERS))
    except ImportError:
        return  # A misspelt revoker: E002 and every leave say so. No other row's save has to suffer for it.
    revoker = followed.get(sender._meta.concrete_model or sender)
    if revoker is None or not revoker.makes(instance, created=created):
        return
    user = getattr(instance, f"{revoker.user_field}_id", None)
    connection = current_connection.get(None) or _inherited(revoker, instance)
    if user is None or connection is None or not Connection.objects.filter(pk=connection).exists():
        return  # A connection may be deleted while a session still names it.
    CredentialOrigin.objects.update_or_create(
        kind=revoker.kind,
        key=revoker.key_of(instance),
        defaults={"user_id": user, "connection_id": connection, "created_at": timezone.now()},
    )


def _inherited(revoker: RowRevoker, row: Any) -> int | None:
    for parent in revoker.parents(row):
        found = CredentialOrigin.objects.filter(kind=revoker.kind, key=revoker.key_of(parent))
        connection = found.values_list("connection", flat=True).first()
        if connection is not None:
            return int(connection)
    return None


@lru_cache(maxsize=8)
def _followed(_project: tuple[str, ...]) -> Mapping[type[Model], RowRevoker]:
    """Give the tables of tokens with their revokers; the argument is what the answer depends on."""
    revokers = [one for one in revocation.installed() if isinstance(one, RowRevoker)]
    return {model: revoker for revoker in revokers for model in revoker.followed()}
