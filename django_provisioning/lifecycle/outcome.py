"""What a lifecycle verb did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..models import Event, Identity

Kind = Literal["created", "adopted", "linked", "rejoined", "moved", "left", "unchanged"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verb that applied, the identity as it is now, and the event (None when nothing changed)."""

    kind: Kind
    identity: Identity
    event: Event | None = None
