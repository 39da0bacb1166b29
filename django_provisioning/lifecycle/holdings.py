"""What a user holds of each kind of access, as far as the revokers can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from ..models import SessionIndex
from . import revocation
from .revokers.base import Revoker, RowRevoker
from .revokers.sessions import SessionRevoker


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of access. ``count`` is None where it cannot be counted; ``holds`` is None where nobody can tell."""

    kind: str
    nature: str
    count: int | None
    holds: bool | None


def held_by(user: Any) -> Iterator[Holding]:
    """Yield each kind of access that the project has, held or not [1 query for each table of tokens]."""
    for revoker in revocation.revokers():
        count = _count(revoker, user)
        holds = _holds(revoker, user) if count is None else count > 0
        yield Holding(revoker.kind, revoker.nature, count, holds)


def _count(revoker: Revoker, user: Any) -> int | None:
    if isinstance(revoker, SessionRevoker):
        return SessionIndex.objects.filter(user=user).count()
    if isinstance(revoker, RowRevoker):
        owned = {revoker.user_field: user}
        return sum(revoker.live(table).filter(**owned).count() for table in revoker.tables())
    return None


def _holds(revoker: Revoker, user: Any) -> bool | None:
    keys = revoker.holders()
    if keys is None:
        return None
    return get_user_model()._base_manager.filter(pk=user.pk, pk__in=keys).exists()
