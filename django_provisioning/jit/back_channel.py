"""OpenID Connect Back-Channel Logout 1.0: the provider tells this site, server to server, whose sessions are over.

Include ``django_provisioning.jit.logout_urls`` and give the provider the address ``…/backchannel-logout/``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ..exceptions import TransientDatabaseError
from ..lifecycle.addresses import client_address
from ..lifecycle.context import Actor, Context
from ..mapping.claims import storable
from ..models import Connection
from .named_sessions import CannotFindSession, Named, end_named_sessions
from .signed_tokens import CannotVerify, Expected, TokenRefused, unverified_claims, used_once, verified_claims
from .signing_keys import source_of

logger = logging.getLogger("django_provisioning.jit")

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# §2.4 recommends logout+jwt; many providers still write what they write into every token, or nothing.
_TYPES = ("logout+jwt", "jwt")


@csrf_exempt
@require_POST
def back_channel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that a logout token names: 200, also when none is known (§2.8); else 400 with the reason."""
    try:
        token = _token_of(request)
        connection = _connection_of(unverified_claims(token))
        expected = Expected(
            issuer=str(connection.oidc_issuer),
            audience=str(connection.oidc_client_id),
            types=_TYPES,
            keys=source_of(connection, str(connection.oidc_issuer)),
        )
        claims = verified_claims(token, expected)
        named = named_in(claims)
        actor = Actor.login("oidc", str(connection.oidc_issuer))
        context = Context.of(actor, connection, ip=client_address(request))
        with used_once(claims):
            end_named_sessions(context, named, reason="back_channel_logout")
    except (CannotVerify, TransientDatabaseError) as error:
        logger.warning("Back-channel logout failed: %s", error)
        return _answer("temporarily_unavailable", str(error))
    except (TokenRefused, CannotFindSession) as error:
        logger.warning("Back-channel logout refused: %s", error)
        return _answer("invalid_request", str(error))
    return _answer()


def named_in(claims: Mapping[str, Any]) -> Named:
    """Give whom a verified logout token means (§2.4).

    >>> named_in({"events": {EVENT: {}}, "sub": "7f1c", "sid": "s1"})
    Named(subject='7f1c', idp_sessions=('s1',))

    Raises:
        TokenRefused: it is no logout token, or names nobody.
    """
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise TokenRefused("The token does not speak of the log-out event.")
    if "nonce" in claims:
        # §2.4: prohibited, so that no ID token can pass for a logout token.
        raise TokenRefused("The token has a nonce, which a logout token must not.")
    subject, session = claims.get("sub"), claims.get("sid")
    if not subject and not session:
        raise TokenRefused("The token names neither a subject nor a session.")
    return Named(subject or "", (session,) if session else ())


def _token_of(request: HttpRequest) -> str:
    tokens = request.POST.getlist("logout_token")
    if len(tokens) != 1:
        raise TokenRefused("The request is no form with one logout_token.")
    return tokens[0]


def _connection_of(claims: Mapping[str, Any]) -> Connection:
    """Give the connection whose keys the token has to fit [1 query]; nothing else of these claims is believed."""
    issuer, audience = claims.get("iss"), claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    texts = [issuer, *audiences]
    if any(not isinstance(text, str) or not text or storable(text) != text for text in texts):
        raise TokenRefused("The token names no issuer and audience.")
    found = Connection.objects.filter(oidc_issuer=issuer, oidc_client_id__in=audiences[:10])[:2]
    if len(found) != 1:
        raise TokenRefused("The issuer and audience of the token are not those of one connection.")
    return found[0]


def _answer(error: str = "", description: str = "") -> HttpResponse:
    response = (
        JsonResponse({"error": error, "error_description": description}, status=400)
        if error
        else HttpResponse(status=200)
    )
    response["Cache-Control"] = "no-store"
    return response
