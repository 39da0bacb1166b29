"""Access outside of the database: a badge is a file, as a key at another service would be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Connection

# What a victim does between two steps: it may die there.
_nobody_watches: Callable[[str], None] = lambda _step: None  # noqa: E731
watcher: list[Callable[[str], None]] = [_nobody_watches]


def badge_of(user: Any) -> Path:
    """Give the badge of a user."""
    return Path(os.environ["CRASH_FOLDER"]) / f"badge-{user.pk}"


def door() -> Path:
    """Give the file that says, while it exists, that the other service does not answer."""
    return Path(os.environ["CRASH_FOLDER"]) / "door-is-away"


class BadgeRevoker(Revoker):
    """Destroys the badge; it runs after the commit, because no rollback would bring the file back."""

    kind = "badges"

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the file."""
        watcher[0]("before the badge")
        if door().exists():
            raise ConnectionError("the service does not answer")
        existed = badge_of(user).exists()
        badge_of(user).unlink(missing_ok=True)
        watcher[0]("after the badge")
        return int(existed)
