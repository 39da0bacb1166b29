"""Local edits: where a user row says something else than what the IdP pushed last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..exceptions import ValueRefused
from ..models import Identity
from .fields import clean, user_map
from .owners import pushed_at


def edits_of(identity: Identity, user: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each attribute that differs from what was pushed to a live identity of SCIM, with both values; no query.

    What the IdP never pushed is nobody's but ours, and drifts from nothing. That a connection is disabled, or the
    person protected from it by now, lifts its ownership (``owners``) and not the difference: the next push that is
    let in overwrites the edit.
    """
    if not (identity.live and identity.scim_managed):
        return
    for path, name in user_map().fields.items():
        pushed = pushed_at(identity, path)
        here = getattr(user, name)
        if pushed is not None and not _is_same(name, pushed, here, path):
            yield path, pushed, here
    if identity.active != user.is_active:
        yield "active", identity.active, user.is_active


def _is_same(name: str, pushed: Any, here: Any, path: str) -> bool:
    try:
        return bool(clean(user_map().field(name), pushed, path) == here)
    except ValueRefused:
        return False
