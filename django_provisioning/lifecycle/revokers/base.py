"""What a revoker is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from ...models import Connection


class Revoker(ABC):
    """Ends one kind of access of a user: sessions, API tokens, devices.

    ``kind`` is the plural word that events count under ("sessions"). Implementations must be idempotent, because a
    failed one is repeated until it succeeds, and cost a number of queries that does not grow with what they end.
    ``database_only`` promises that a rollback undoes all of it, or that it asks ``explain.is_rehearsal()`` before the
    rest; without it a rehearsal does not run the revoker.
    """

    kind: ClassVar[str]
    database_only: ClassVar[bool] = False

    def is_installed(self) -> bool:
        """Whether the project has this kind of access at all."""
        return True

    @abstractmethod
    def revoke(self, user: Any, connection: Connection | None) -> int:
        """End this kind of access and give how many were ended.

        ``connection`` limits it to access that came through that connection; None means all. A revoker that cannot
        tell them apart ends nothing for a single connection.
        """
