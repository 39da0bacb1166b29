"""Which connection a token came through: written when it is made, inherited by what is made of it, and tidied up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken, get_device_grant_model
from rest_framework.authtoken.models import Token, TokenProxy
from rest_framework_simplejwt import serializers
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from django_provisioning.lifecycle import credentials, leave
from django_provisioning.lifecycle.credentials import current_connection
from django_provisioning.lifecycle.link import link
from django_provisioning.lifecycle.revokers.authtoken import AuthTokenRevoker
from django_provisioning.lifecycle.transactions import run
from django_provisioning.models import Connection, CredentialOrigin
from tests.factories import make_connection, make_context
from tests.lifecycle.people import local_user, on_locked, push, push_move, user_changes
from tests.tokens import makers

pytestmark = pytest.mark.django_db


@contextmanager
def request_through(connection: Connection | None) -> Iterator[None]:
    """Be in a request as the guard makes one; None for one without a session of a connection."""
    token = current_connection.set(connection.pk if connection is not None else None)
    try:
        yield
    finally:
        current_connection.reset(token)


def origins() -> set[tuple[str, str, Any]]:
    """Give kind, model and connection of every origin."""
    rows = CredentialOrigin.objects.values_list("kind", "key", "connection")
    return {(kind, key.partition(":")[0], connection) for kind, key, connection in rows}


def test_token_made_in_a_session_has_the_sessions_connection() -> None:
    """Every kind that a connection can end is followed, and nothing that opens a door is written down."""
    user, connection = local_user("ada"), make_connection()

    with request_through(connection):
        texts = [
            makers.drf_token(user),
            makers.knox_token(user),
            *makers.jwt_pair(user),
            *makers.oauth_pair(user),
        ]
        makers.otp_devices(user)

    assert origins() == {
        ("drf_tokens", "token", connection.pk),
        ("knox_tokens", "authtoken", connection.pk),
        ("jwt_refresh_tokens", "outstandingtoken", connection.pk),
        ("oauth_tokens", "accesstoken", connection.pk),
        ("oauth_tokens", "refreshtoken", connection.pk),
    }
    written = str(list(CredentialOrigin.objects.values()))
    assert [text for text in texts if text in written] == []


@pytest.mark.parametrize("in_request", [True, False])
def test_token_made_outside_of_any_connection_has_none(in_request: bool) -> None:
    """A local login, a command, a site without the guard: no origin, and no connection's end reaches it."""
    user = local_user("ada")

    if in_request:
        with request_through(None):
            makers.knox_token(user)
    else:
        makers.knox_token(user)

    assert origins() == set()


def test_token_of_a_connection_that_is_gone_is_made_all_the_same() -> None:
    """A session that outlives its connection must not break the project's own page."""
    user, connection = local_user("ada"), make_connection()

    with request_through(connection):
        Connection.objects.all().delete()
        makers.knox_token(user)

    assert origins() == set()


def test_misspelt_revoker_stops_no_token_from_being_made(settings: Any) -> None:
    """The mistake is the leave's and the check's to tell, not that of every page which saves a row."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": ["app.revokers.Missing"]}

    with request_through(make_connection()):
        makers.knox_token(local_user("ada"))

    assert origins() == set()


def test_token_saved_through_the_proxy_of_the_admin_is_followed() -> None:
    """Authtoken's admin makes tokens through a proxy whose primary key is another one."""
    user, connection = local_user("ada"), make_connection()

    with request_through(connection):
        TokenProxy.objects.create(user=user)

    assert origins() == {("drf_tokens", "token", connection.pk)}
    assert AuthTokenRevoker().revoke(user, connection) == 1
    assert not Token.objects.exists()


def test_token_that_is_saved_again_keeps_its_origin() -> None:
    """Knox prolongs a token in requests of its own; it stays what it was."""
    user, connection = local_user("ada"), make_connection()
    with request_through(connection):
        makers.knox_token(user)

    with request_through(make_connection()):
        AuthToken.objects.get().save()

    assert origins() == {("knox_tokens", "authtoken", connection.pk)}


def test_oauth_chain_inherits_from_the_grant_to_the_last_token(settings: Any) -> None:
    """Only the grant is made in the person's session; what the application makes of it is the connection's too."""
    user, connection = local_user("ada"), make_connection()
    with request_through(connection):
        code = makers.oauth_grant(user)
    client = Client()
    app = {"client_id": "app", "client_secret": makers.CLIENT_SECRET}

    exchanged = client.post("/o/token/", {
        "grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example.com/callback", **app,
    }).json()  # fmt: skip
    renewed = client.post("/o/token/", {
        "grant_type": "refresh_token", "refresh_token": exchanged["refresh_token"], **app,
    }).json()  # fmt: skip

    assert renewed["access_token"] != exchanged["access_token"]
    live = {f"accesstoken:{pk}" for pk in AccessToken.objects.values_list("pk", flat=True)}
    live |= {
        f"refreshtoken:{pk}" for pk in RefreshToken.objects.filter(revoked=None).values_list("pk", flat=True)
    }
    followed = set(CredentialOrigin.objects.filter(connection=connection).values_list("key", flat=True))
    assert len(live) == 2
    assert live <= followed


def test_oauth_device_inherits_from_its_approval() -> None:
    """A television's token is the connection's in whose session the person approved it."""
    user, connection = local_user("ada"), make_connection()
    devices = get_device_grant_model()
    app = makers.application()
    later = timezone.now() + timedelta(hours=1)
    device = devices.objects.create(device_code="d", user_code="u", client_id=app.client_id, expires=later)
    with request_through(connection):
        device.user, device.status = user, devices.AUTHORIZED
        device.save()

    with request_through(None):
        AccessToken.objects.create(user=user, application=app, token="made-up", expires=later, scope="read")

    assert ("oauth_tokens", "accesstoken", connection.pk) in origins()


def test_rotated_refresh_token_inherits_from_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rotation of simplejwt makes a new token of the old one in a request without a session."""
    user, connection = local_user("ada"), make_connection()
    with request_through(connection):
        _access, refresh = makers.jwt_pair(user)
    old = OutstandingToken.objects.get()
    for name in ("ROTATE_REFRESH_TOKENS", "BLACKLIST_AFTER_ROTATION"):
        monkeypatch.setattr(serializers.api_settings, name, True)

    with request_through(None):
        answer = Client().post("/jwt/refresh/", {"refresh": refresh})

    assert answer.status_code == 200
    new = OutstandingToken.objects.get(blacklistedtoken=None)
    assert new != old
    assert CredentialOrigin.objects.get(key=f"outstandingtoken:{new.pk}").connection == connection


def test_rotation_outside_of_the_guard_marks_nothing_that_follows() -> None:
    """Without the guard nobody would take the mark back, and the next request's tokens would carry it."""
    user, connection = local_user("ada"), make_connection()
    with request_through(connection):
        makers.jwt_pair(user)

    BlacklistedToken.objects.create(token=OutstandingToken.objects.get())
    makers.knox_token(user)

    assert current_connection.get(None) is None
    assert {kind for kind, *_ in origins()} == {"jwt_refresh_tokens"}


def test_end_of_one_connection_ends_its_tokens_of_every_kind() -> None:
    """N20 for several tenants: what came through the leaving one is dead, the rest works on."""
    one, other = make_connection(), make_connection()
    identity = push(one, "ada").identity
    user = identity.user
    run(lambda: link(make_context(other), user, user_changes("ada")))
    for connection in (one, other):
        with request_through(connection):
            makers.knox_token(user)
            makers.jwt_pair(user)
            makers.oauth_pair(user)
            makers.listed_session(user)

    on_locked(identity, leave.delete)

    assert {connection for *_rest, connection in origins()} == {other.pk}
    assert AuthToken.objects.count() == UserSession.objects.count() == 1
    assert OutstandingToken.objects.filter(blacklistedtoken=None).count() == 1
    assert AccessToken.objects.count() == RefreshToken.objects.count() == IDToken.objects.count() == 1


def test_full_leave_forgets_the_origins() -> None:
    """No row speaks of tokens that are gone."""
    connection = make_connection()
    identity = push(connection, "ada").identity
    with request_through(connection):
        makers.knox_token(identity.user)
        makers.drf_token(identity.user)

    push_move(identity, "ada", active=False)

    assert origins() == set()


def test_prune_forgets_what_is_gone_and_nothing_else(django_assert_max_num_queries: Any) -> None:
    """Tokens end in many ways, and none of them tells us."""
    connection = make_connection()
    ada, emil = local_user("ada").pk, local_user("emil").pk
    with request_through(connection):
        for user in get_user_model().objects.filter(pk__in=[ada, emil]):
            makers.knox_token(user)
            makers.drf_token(user)
            makers.jwt_pair(user)
            makers.oauth_grant(user)
    for model in (AuthToken, Token, OutstandingToken, Grant):
        model._base_manager.filter(user=emil).delete()
    CredentialOrigin.objects.create(
        user_id=emil,
        connection=connection,
        kind="of_a_package_that_is_gone",
        key="1",
        created_at=timezone.now(),
    )

    with django_assert_max_num_queries(14):
        gone = credentials.prune()

    assert gone == 5
    assert CredentialOrigin.objects.count() == 4
    assert not CredentialOrigin.objects.filter(user=emil).exists()


def test_prune_goes_through_more_than_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many origins there are, each is looked at once."""
    monkeypatch.setattr(credentials, "_BATCH", 2)
    connection, user = make_connection(), local_user("ada")
    with request_through(connection):
        for _number in range(5):
            makers.knox_token(user)
    AuthToken.objects.first().delete()

    assert (credentials.prune(), credentials.prune()) == (1, 0)
    assert CredentialOrigin.objects.count() == 4
