"""Closes the live websockets of a user, through the channel layer of Channels.

A socket is authenticated once, when it opens; nothing asks again. The consumers of a project join the group by the
mixin in ``guard.channels``.
"""

from __future__ import annotations

import hashlib
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings

from ...models import Connection
from .base import Revoker

# The type of the message; Channels calls the consumer's method of that name with underscores.
MESSAGE = "provisioning.access_ended"


class SocketRevoker(Revoker):
    """Asks every consumer of the user to close; nobody counts them.

    A message cannot be called back, so it is sent after the commit, and sent again until the layer has taken it.
    """

    kind = "websockets"
    nature = "session"

    def is_installed(self) -> bool:
        """Whether there is a channel layer to send through; Channels itself need be no installed app."""
        return bool(getattr(settings, "CHANNEL_LAYERS", None))

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Send the message; for one connection the consumers close where their session came through it."""
        from channels.layers import get_channel_layer  # noqa: PLC0415 - an optional library

        layer: Any = get_channel_layer()
        only = connection.pk if connection is not None else None
        async_to_sync(layer.group_send)(group_of(user.pk), {"type": MESSAGE, "connection": only})
        return 0


def group_of(key: Any) -> str:
    """Name the channel group of a user's sockets by the user's primary key, whatever characters that has."""
    return f"provisioning.user.{hashlib.sha256(str(key).encode()).hexdigest()[:32]}"
