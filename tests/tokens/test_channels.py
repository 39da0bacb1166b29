"""Websockets: open ones close when the person leaves, and an old cookie opens no new one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.db import connections

from django_provisioning.guard.channels import CLOSE_CODE, GuardedConsumerMixin
from django_provisioning.lifecycle import leave
from django_provisioning.lifecycle.link import link
from django_provisioning.lifecycle.revokers.channels import SocketRevoker, group_of
from django_provisioning.lifecycle.sessions import FACTS
from django_provisioning.lifecycle.transactions import run
from django_provisioning.models import Connection, Leave, PendingRevocation
from tests.factories import make_connection, make_context
from tests.lifecycle.people import on_locked, push, push_move, user_changes

pytestmark = pytest.mark.django_db(transaction=True)


class Echo(GuardedConsumerMixin, AsyncWebsocketConsumer):
    """Answers what it hears."""

    async def receive(self, text_data: Any = None, bytes_data: Any = None) -> None:
        """Say it again."""
        await self.send(text_data=text_data)


class SyncEcho(GuardedConsumerMixin, WebsocketConsumer):
    """Answers what it hears, in a thread."""

    _sync = True

    def receive(self, text_data: Any = None, bytes_data: Any = None) -> None:
        """Say it again."""
        self.send(text_data=text_data)


CONSUMERS = pytest.mark.parametrize("consumer", [Echo, SyncEcho])


def cookie_of(user: Any, connection: Connection | None = None) -> bytes:
    """Log in and give the cookie."""
    session = import_module(django_settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[FACTS] = {"at": 0, "connection": connection.pk if connection is not None else None}
    session.create()
    return f"sessionid={session.session_key}".encode()


async def opened(consumer: Any, cookie: bytes) -> tuple[ApplicationCommunicator, bool]:
    """Open a websocket with a cookie and say whether it was accepted."""
    scope = {"type": "websocket", "path": "/ws/", "query_string": b"", "headers": [(b"cookie", cookie)]}
    socket = ApplicationCommunicator(AuthMiddlewareStack(consumer.as_asgi()), scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(timeout=5)
    assert answer["type"] == "websocket.accept" or answer["code"] == CLOSE_CODE
    return socket, answer["type"] == "websocket.accept"


async def answers(socket: ApplicationCommunicator) -> bool:
    """Whether the socket answers what it is told; False when it closes instead, and then with our code."""
    await socket.send_input({"type": "websocket.receive", "text": "hello"})
    message = await socket.receive_output(timeout=5)
    if message["type"] == "websocket.send":
        return bool(message["text"] == "hello")
    assert (message["type"], message["code"]) == ("websocket.close", CLOSE_CODE)
    return False


async def close(socket: ApplicationCommunicator) -> None:
    """Hang up."""
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=5)


def play(consumer: Any, cookie: bytes, event: Callable[[], Any]) -> tuple[bool, bool]:
    """Open a socket, let something happen in another thread, and say whether it answered before and after."""

    def happen() -> None:
        try:
            event()
        finally:
            connections.close_all()

    async def scene() -> tuple[bool, bool]:
        socket, accepted = await opened(consumer, cookie)
        assert accepted
        before = await answers(socket)
        await asyncio.get_running_loop().run_in_executor(None, happen)
        await socket.receive_nothing(timeout=0.05)  # Lets the loop deliver what was sent to the group.
        after = await answers(socket)
        await close(socket)
        return before, after

    return async_to_sync(scene)()


@pytest.fixture
def ada() -> Any:
    """Somebody whom a directory pushed."""
    return push(make_connection(), "ada").identity


@CONSUMERS
def test_open_socket_closes_when_the_person_leaves(consumer: Any, ada: Any) -> None:
    """C15: the leave is over when the message is sent, and the socket is closed by it."""
    outcome = play(consumer, cookie_of(ada.user), lambda: push_move(ada, "ada", active=False))

    assert outcome == (True, False)
    assert not PendingRevocation.objects.exists()
    assert Leave.objects.get().closed_at is not None


@CONSUMERS
def test_open_socket_goes_on_when_somebody_else_leaves(consumer: Any, ada: Any) -> None:
    """One person's leave closes nobody else's."""
    emil = push(ada.connection, "emil").identity

    outcome = play(consumer, cookie_of(ada.user), lambda: push_move(emil, "emil", active=False))

    assert outcome == (True, True)


@pytest.mark.parametrize(("through_leaving", "survives"), [(True, False), (False, True)])
def test_end_of_one_connection_closes_its_sockets_only(
    ada: Any, through_leaving: bool, survives: bool
) -> None:
    """With another tenant's identity left, the session's own connection decides."""
    other = make_connection()
    run(lambda: link(make_context(other), ada.user, user_changes("ada")))
    cookie = cookie_of(ada.user, ada.connection if through_leaving else other)

    outcome = play(Echo, cookie, lambda: on_locked(ada, leave.delete))

    assert outcome == (True, survives)


@CONSUMERS
def test_socket_of_who_has_left_is_not_opened(consumer: Any, ada: Any, settings: Any) -> None:
    """Not even where the authentication backend lets inactive people in."""
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    cookie = cookie_of(ada.user)
    get_user_model().objects.update(is_active=False)

    _socket, accepted = async_to_sync(opened)(consumer, cookie)

    assert not accepted


def test_socket_through_a_connection_that_ended_is_not_opened(ada: Any) -> None:
    """The cookie of a tenant that no longer vouches opens no socket, while the person works on elsewhere."""
    run(lambda: link(make_context(make_connection()), ada.user, user_changes("ada")))
    cookie = cookie_of(ada.user, ada.connection)
    on_locked(ada, leave.delete)

    _socket, accepted = async_to_sync(opened)(Echo, cookie)

    assert not accepted


@CONSUMERS
def test_socket_of_nobody_is_the_consumers_own_matter(consumer: Any) -> None:
    """The mixin guards accounts; who may come without one the consumer decides."""
    assert play(consumer, b"none=1", lambda: None) == (True, True)


@CONSUMERS
def test_socket_that_closes_leaves_the_group(consumer: Any, ada: Any) -> None:
    """The layer keeps no dead channels of a busy person."""
    cookie = cookie_of(ada.user)

    async def scene() -> None:
        socket, _accepted = await opened(consumer, cookie)
        assert len(get_channel_layer().groups[group_of(ada.user.pk)]) == 1
        await close(socket)

    async_to_sync(scene)()

    assert not get_channel_layer().groups.get(group_of(ada.user.pk))


def test_channel_layer_that_fails_leaves_the_account_open(ada: Any, settings: Any) -> None:
    """A message that nobody took is sent again: the row from the transaction remembers it."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.BrokenLayer"}}

    push_move(ada, "ada", active=False)

    pending = PendingRevocation.objects.get()
    assert (pending.revoker, pending.last_error) == (SocketRevoker.kind, "ConnectionError")
    assert Leave.objects.get().closed_at is None


class BrokenLayer:
    """A channel layer whose server is away."""

    def __init__(self, **_: Any) -> None:
        """Take any options."""

    async def group_send(self, group: str, message: Any) -> None:
        """Fail."""
        raise ConnectionError("redis.example.com does not answer")
