"""Drift: where the user row says something else than what the IdP pushed last, because somebody edited it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..mapping.edits import edits_of
from ..models import Connection, Identity


@dataclass(frozen=True, slots=True)
class Drift:
    """One attribute that the connection owns, as it was pushed and as it is here."""

    connection: Connection
    attribute: str
    pushed: Any
    here: Any


def drift_of(identities: Iterable[Identity], user: Any) -> list[Drift]:
    """Compare the mapped attributes of the live identities that SCIM manages with the user row; no query."""
    return [Drift(identity.connection, *edit) for identity in identities for edit in edits_of(identity, user)]
