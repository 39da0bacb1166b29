"""Drift: where the user row says something else than what the IdP pushed last, because somebody edited it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..exceptions import ValueRefused
from ..mapping.fields import clean, user_map
from ..mapping.users import value_at
from ..models import Connection, Identity


@dataclass(frozen=True, slots=True)
class Drift:
    """One attribute that the connection owns, as it was pushed and as it is here."""

    connection: Connection
    attribute: str
    pushed: Any
    here: Any


def drift_of(identities: Iterable[Identity], user: Any) -> list[Drift]:
    """Compare the mapped attributes of the live identities that SCIM manages with the user row; no query.

    What the IdP never pushed is nobody's but ours, and drifts from nothing.
    """
    found = []
    for identity in identities:
        if not (identity.live and identity.scim_managed):
            continue
        for path, name in user_map().fields.items():
            pushed = value_at(identity.attributes, path)
            here = getattr(user, name)
            if pushed is not None and not _is_same(name, pushed, here, path):
                found.append(Drift(identity.connection, path, pushed, here))
        if identity.active != user.is_active:
            found.append(Drift(identity.connection, "active", identity.active, user.is_active))
    return found


def _is_same(name: str, pushed: Any, here: Any, path: str) -> bool:
    try:
        return bool(clean(user_map().field(name), pushed, path) == here)
    except ValueRefused:
        return False
