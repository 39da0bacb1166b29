"""Bearer tokens: the token row decides the connection, and with it the tenant, of everything that follows.

Sessions, cookies and basic authentication never open the SCIM face, so there is no CSRF to exempt from.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from ..conf import settings
from ..lifecycle import tokens
from ..lifecycle.addresses import client_address
from ..models import ConnectionToken
from ..protocol.errors import Forbidden, Unauthorized
from .throttling import count_failure, require_few_failures

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="SCIM"'}
_INVALID = {"WWW-Authenticate": 'Bearer realm="SCIM", error="invalid_token"'}


class BearerTokenAuthentication(BaseAuthentication):
    """Finds the ``ConnectionToken`` of the Authorization header; ``request.auth`` is the row [1 query]."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ConnectionToken]:
        """Give the token, or refuse: there is no anonymous access.

        Raises:
            Unauthorized: no token, or one that is unknown, expired, revoked or of a disabled connection.
            Forbidden: the token may not be used from this address, or over plain HTTP.
            TooManyRequests: this address sent too many wrong tokens.
        """
        if settings.REQUIRE_HTTPS and not request.is_secure():
            raise Forbidden("SCIM is served over HTTPS only.")
        address = client_address(request)
        require_few_failures(address)
        token = tokens.find(_raw_token(request))
        if token is None:
            count_failure(address)
            raise Unauthorized("The bearer token is not known.", headers=_INVALID)
        # Whoever comes with a token that is over is known all the same, to those who look at the requests.
        request.presented_token = token  # type: ignore[attr-defined]
        _require_usable(token, address)
        return AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        """Give the challenge for a 401."""
        return _CHALLENGE["WWW-Authenticate"]


def _raw_token(request: Request) -> str:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, raw = header.partition(" ")
    if scheme.lower() != "bearer" or not raw.strip():
        raise Unauthorized(headers=_CHALLENGE)
    return str(raw.strip())


def require_live(token: ConnectionToken, now: datetime) -> None:
    """Refuse a token that is over, or whose connection is closed.

    Raises:
        Unauthorized: revoked, expired, or of a disabled connection.
    """
    if token.revoked_at is not None:
        raise Unauthorized("The bearer token was revoked. Put a new one into the IdP.", headers=_INVALID)
    if not tokens.is_live(token, now):
        raise Unauthorized("The bearer token has expired. Put a new one into the IdP.", headers=_INVALID)
    if not token.connection.enabled:
        raise Unauthorized("The connection of this bearer token is disabled.", headers=_INVALID)


def _require_usable(token: ConnectionToken, address: str | None) -> None:
    now = timezone.now()
    require_live(token, now)
    if not tokens.allows_address(token, address):
        raise Forbidden("The bearer token may not be used from this address.")
    tokens.note_use(token, now, address)
