"""Channels: a mixin that lets a consumer close its websocket when the person leaves.

::

    class Chat(GuardedConsumerMixin, AsyncWebsocketConsumer):
        ...

It stands before the consumer's own class, synchronous or not, behind ``AuthMiddlewareStack``, and needs a channel
layer. A socket is authenticated when it opens and never again; this one joins the person's group first and looks at
the account afterwards, so a leave at the same moment is met by the one or the other. Refused is with code 4401.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from channels.exceptions import StopConsumer
from django.contrib.auth import get_user_model

from ..lifecycle import sessions
from ..lifecycle.revokers.channels import group_of

# 4000 to 4999 are the applications' own; after HTTP's 401.
CLOSE_CODE = 4401


class GuardedConsumerMixin:
    """Keeps the group of the person's sockets, and closes the socket when a leave says so."""

    _sync = False
    scope: Any
    channel_layer: Any
    channel_name: str

    def websocket_connect(self, message: Any) -> Any:
        """Join the group and look at the account before the consumer accepts [2 queries]."""
        return self._connect_now(message) if self._sync else self._connect(message)

    def websocket_disconnect(self, message: Any) -> Any:
        """Leave the group; the consumer's own farewell follows."""
        return self._disconnect_now(message) if self._sync else self._disconnect(message)

    def provisioning_access_ended(self, message: Any) -> Any:
        """Close where all access ended, or that of the connection which the session came through."""
        ends = message["connection"] in {None, _connection_of(self.scope)}
        close: Any = self.close  # type: ignore[attr-defined]
        if self._sync:
            return close(code=CLOSE_CODE) if ends else None
        return close(code=CLOSE_CODE) if ends else _nothing()

    async def _connect(self, message: Any) -> None:
        if (group := _group(self.scope)) is not None:
            await self.channel_layer.group_add(group, self.channel_name)
            if not await sync_to_async(_has_access)(self.scope):
                await self.close(code=CLOSE_CODE)  # type: ignore[attr-defined]
                return
        await super().websocket_connect(message)  # type: ignore[misc]

    def _connect_now(self, message: Any) -> None:
        if (group := _group(self.scope)) is not None:
            async_to_sync(self.channel_layer.group_add)(group, self.channel_name)
            if not _has_access(self.scope):
                self.close(code=CLOSE_CODE)  # type: ignore[attr-defined]
                return
        super().websocket_connect(message)  # type: ignore[misc]

    async def _disconnect(self, message: Any) -> None:
        try:
            await super().websocket_disconnect(message)  # type: ignore[misc]
        except StopConsumer:
            await self._discard()
            raise

    def _disconnect_now(self, message: Any) -> None:
        try:
            super().websocket_disconnect(message)  # type: ignore[misc]
        except StopConsumer:
            async_to_sync(self._discard)()
            raise

    async def _discard(self) -> None:
        if (group := _group(self.scope)) is not None:
            await self.channel_layer.group_discard(group, self.channel_name)


async def _nothing() -> None:
    """Give something to await."""


def _group(scope: Any) -> str | None:
    user = scope.get("user")
    return group_of(user.pk) if user is not None and user.is_authenticated else None


def _facts(scope: Any) -> sessions.SessionFacts | None:
    return sessions.facts_of(scope["session"]) if "session" in scope else None


def _connection_of(scope: Any) -> int | None:
    facts = _facts(scope)
    return facts.connection if facts is not None else None


def _has_access(scope: Any) -> bool:
    """Whether the person, and the connection that the session came through, may still come in; from the rows."""
    user = scope["user"]
    if not get_user_model()._base_manager.filter(pk=user.pk, is_active=True).exists():
        return False
    facts = _facts(scope)
    return facts is None or not sessions.is_revoked(user, facts)
