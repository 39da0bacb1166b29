"""What sentences about a connection are made of: the facts that they depend on, and what a sentence is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from ..models import Connection

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences depend on beside the policies: verified e-mail domains, and whether a directory can push."""

    domains: Sequence[str] = ()
    has_token: bool = False

    @classmethod
    def of(cls, connection: Connection, now: datetime) -> Facts:
        """Read them [2 queries]."""
        verified = connection.domains.filter(verified_at__isnull=False).order_by("domain")
        live = connection.tokens.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
        return cls(tuple(verified.values_list("domain", flat=True)), live.exists())


@dataclass(frozen=True, slots=True)
class Sentence:
    """What happens, and which policies decide it."""

    policies: tuple[str, ...]
    text: str
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """Sentences that belong together."""

    name: str
    title: Text
    sentences: Sequence[Sentence]


# Says what one policy, or several together, bring about.
Words = Callable[[Connection, Facts], Iterable[Sentence]]
