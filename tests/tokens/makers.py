"""Makes credentials of every kind, as the packages' own views do."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django_agent_trust.models import AgentSettings
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken
from oauth2_provider.models import (
    AccessToken,
    Application,
    Grant,
    IDToken,
    RefreshToken,
)  # fmt: skip
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.tokens import RefreshToken as JWTRefreshToken

from django_provisioning.lifecycle.credentials import current_connection
from django_provisioning.models import SessionIndex

CLIENT_SECRET = "made-up-secret"


def drf_token(user: Any) -> str:
    """Make a token of REST framework's authtoken."""
    return str(Token.objects.create(user=user).key)


def knox_token(user: Any) -> str:
    """Make a token of knox."""
    return str(AuthToken.objects.create(user)[1])


def jwt_pair(user: Any) -> tuple[str, str]:
    """Make an access and a refresh token of simplejwt."""
    refresh = JWTRefreshToken.for_user(user)
    return str(refresh.access_token), str(refresh)


def application() -> Application:
    """Give the OAuth application of the tests."""
    made, _ = Application.objects.get_or_create(
        client_id="app",
        defaults={
            "name": "App", "client_secret": CLIENT_SECRET, "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": "https://app.example.com/callback",
        },
    )  # fmt: skip
    return made


def oauth_grant(user: Any) -> str:
    """Make an authorization code."""
    code = secrets.token_urlsafe(16)
    Grant.objects.create(
        user=user, code=code, application=application(), expires=_later(), scope="read write",
        redirect_uri="https://app.example.com/callback", code_challenge="", code_challenge_method="",
    )  # fmt: skip
    return code


def oauth_pair(user: Any) -> tuple[str, str]:
    """Make an access token with an ID token, and a refresh token that belongs to it."""
    texts = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    facts = {"user": user, "application": application()}
    identity = IDToken.objects.create(expires=_later(), scope="openid", **facts)
    access = AccessToken.objects.create(
        token=texts[0], expires=_later(), scope="read write", id_token=identity, **facts
    )
    RefreshToken.objects.create(token=texts[1], access_token=access, **facts)
    return texts


def listed_session(user: Any) -> str:
    """Open a session that both allauth and our index list."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session.create()
    key = str(session.session_key)
    UserSession.objects.create(user=user, session_key=key, ip="192.0.2.1", user_agent="test")
    now, connection = timezone.now(), current_connection.get(None)
    SessionIndex.objects.create(
        user=user, session_key=key, connection_id=connection, created_at=now, last_seen_at=now
    )
    return key


def otp_devices(user: Any) -> None:
    """Enrol a phone and print a sheet of codes."""
    TOTPDevice.objects.create(user=user, name="phone")
    sheet = StaticDevice.objects.create(user=user, name="sheet")
    sheet.token_set.create(token="made-up")


def passkey(user: Any) -> None:
    """Enrol a passkey of allauth."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})


def trusted_agent(user: Any) -> None:
    """Let the user trust a browser."""
    AgentSettings.objects.ensure_for_user(user)


EVERY: Mapping[str, Callable[[Any], Any]] = {
    "drf_tokens": drf_token,
    "knox_tokens": knox_token,
    "jwt_refresh_tokens": jwt_pair,
    "oauth_tokens": oauth_pair,
    "allauth_sessions": listed_session,
    "otp_devices": otp_devices,
    "mfa_authenticators": passkey,
    "trusted_agents": trusted_agent,
}


def _later() -> Any:
    return timezone.now() + timedelta(hours=1)
