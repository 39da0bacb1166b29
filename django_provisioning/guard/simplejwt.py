"""djangorestframework-simplejwt: its classes, guarded.

An access token is a signed text and no row: nothing can delete it before it expires. These classes hold its time of
issue against the account's last leave, so that it is dead at once and stays dead after a return. Name one of the
authentication classes in ``DEFAULT_AUTHENTICATION_CLASSES``, and the serializers in ``SIMPLE_JWT``::

    "TOKEN_REFRESH_SERIALIZER": "django_provisioning.guard.simplejwt.GuardedTokenRefreshSerializer",
    "TOKEN_VERIFY_SERIALIZER": "django_provisioning.guard.simplejwt.GuardedTokenVerifySerializer",
    "SLIDING_TOKEN_REFRESH_SERIALIZER":
        "django_provisioning.guard.simplejwt.GuardedTokenRefreshSlidingSerializer",
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.serializers import (
    TokenRefreshSerializer,
    TokenRefreshSlidingSerializer,
    TokenVerifySerializer,
)
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, UntypedToken

from .rest_framework import GuardedAuthenticationMixin


class _Guarded(GuardedAuthenticationMixin):
    def issued_at(self, request: Request, user: Any, auth: Any) -> datetime:
        return _issued_at(auth)


class GuardedJWTAuthentication(_Guarded, JWTAuthentication):  # type: ignore[misc]
    """Refuses who is inactive, and tokens from before the last leave [2 queries: the user, the stamp]."""


class GuardedJWTStatelessUserAuthentication(_Guarded, JWTStatelessUserAuthentication):  # type: ignore[misc]
    """Gives the stateless user of a token whose account may still come in [1 query; the library's own asks none]."""

    def person_of(self, user: Any) -> Any:
        """Give the row where the token names people by another field than the primary key [1 query more]."""
        return _row_of(user.pk) if _is_other_field() else user


class _PreciseTime:
    """Writes the time of issue with its fraction, as RFC 7519 §2 allows (``NumericDate``)."""

    payload: dict[str, Any]
    current_time: datetime

    def set_iat(self, claim: str = "iat", at_time: datetime | None = None) -> None:
        """Write the time; the library's own cuts it to the second."""
        self.payload[claim] = (at_time or self.current_time).timestamp()


class PreciseAccessToken(_PreciseTime, AccessToken):  # type: ignore[misc]
    """An access token that is known to be younger than a leave of the same second."""


class PreciseRefreshToken(_PreciseTime, RefreshToken):  # type: ignore[misc]
    """A refresh token that makes such access tokens, to be issued in place of the library's."""

    access_token_class = PreciseAccessToken


class _GuardedSerializer:
    """Judges the account and the age of a token that a serializer has found valid."""

    sent_as = "refresh"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Give what the serializer gives, unless the person has left since."""
        given: dict[str, Any] = super().validate(attrs)  # type: ignore[misc]
        token = UntypedToken(attrs[self.sent_as])
        key = token.get(api_settings.USER_ID_CLAIM)
        if key is not None:
            GuardedAuthenticationMixin().require_access(_row_of(key), _issued_at(token))
        return given


class GuardedTokenRefreshSerializer(_GuardedSerializer, TokenRefreshSerializer):  # type: ignore[misc]
    """Makes no access token from a refresh token that is older than the last leave; those it makes are precise."""

    token_class = PreciseRefreshToken


class GuardedTokenRefreshSlidingSerializer(_GuardedSerializer, TokenRefreshSlidingSerializer):  # type: ignore[misc]
    """Does not prolong a sliding token that is older than the last leave."""

    sent_as = "token"


class GuardedTokenVerifySerializer(_GuardedSerializer, TokenVerifySerializer):  # type: ignore[misc]
    """Does not call a token valid whose person has left."""

    sent_as = "token"


def _issued_at(token: Any) -> datetime:
    """Give when a token was issued, as precisely as it says; one that does not say is older than any leave."""
    return datetime.fromtimestamp(token.get("iat") or 0, UTC)


def _is_other_field() -> bool:
    return api_settings.USER_ID_FIELD not in {"pk", get_user_model()._meta.pk.name}


def _row_of(key: Any) -> Any:
    """Load the user whom a token names."""
    user = get_user_model()._default_manager.filter(**{api_settings.USER_ID_FIELD: key}).first()
    if user is None:
        raise AuthenticationFailed("The account is gone.", code="user_not_found")
    return user
