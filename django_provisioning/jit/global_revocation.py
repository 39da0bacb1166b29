"""Global Token Revocation (draft-parecki-oauth-global-token-revocation), which Okta calls Universal Logout.

The IdP, or a security tool that its keys vouch for, posts whose access has to end now; the person may log in again if
the IdP lets him. This is how a connection without SCIM hears of a leaver at once. The request is signed by the IdP:

    POST …/global-token-revocation/        (or …/global-token-revocation/<slug of the connection>/)
    Authorization: Bearer <JWT, typ global-token-revocation+jwt, iss the IdP, aud this address, iat, exp, jti>
    {"sub_id": {"format": "iss_sub", "iss": "https://example.okta.com", "sub": "00u1"}}
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ..conf import settings
from ..exceptions import TransientDatabaseError
from ..lifecycle import transactions
from ..lifecycle.addresses import client_address
from ..lifecycle.context import Actor, Context
from ..lifecycle.sign_out import revoke_access
from ..mapping.claims import storable
from ..models import AttributeValue, Connection, Identity
from ..models.attribute_value import PREFIX_LENGTH
from ..protocol.comparison import fold
from .signed_tokens import CannotVerify, Expected, TokenRefused, unverified_claims, used_once, verified_claims
from .signing_keys import source_of

logger = logging.getLogger("django_provisioning.jit")

_TYPES = ("global-token-revocation+jwt", "jwt")
_LONGEST_BODY = 16 * 1024
_LONGEST_TEXT = 1024


class _Refused(Exception):
    """An answer other than success; ``status`` and ``error`` are what the client is told beside the text."""

    def __init__(self, status: int, error: str, text: str) -> None:
        self.status = status
        self.error = error
        super().__init__(text)


@csrf_exempt
@require_POST
def global_token_revocation(request: HttpRequest, slug: str = "") -> HttpResponse:
    """End the sessions and tokens of the person that the request names: 204; 404 where the connection has no such.

    400: the body is malformed. 401: the token proves nothing. 422: more than one person fits. 503: try again.
    """
    try:
        token = _bearer_of(request)
        connection, issuer = _connection_of(unverified_claims(token), slug)
        address = _own_address(request)
        expected = Expected(issuer, address, _TYPES, source_of(connection, issuer))
        claims = verified_claims(token, expected)
        if "exp" not in claims:
            raise TokenRefused("The token never expires.")
        subject = _subject_of(request.body[: _LONGEST_BODY + 1])
        actor = Actor.login("global_token_revocation", issuer)
        context = Context.of(actor, connection, ip=client_address(request))
        with used_once(claims):
            transactions.run(partial(_revoke, context, subject, issuer))
    except (CannotVerify, TransientDatabaseError) as error:
        return _refusal(503, "temporarily_unavailable", str(error))
    except TokenRefused as error:
        return _refusal(401, "invalid_token", str(error))
    except _Refused as refused:
        return _refusal(refused.status, refused.error, str(refused))
    return _uncached(HttpResponse(status=204))


def _bearer_of(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused("The request has no bearer token.")
    return token.strip()


def _connection_of(claims: Mapping[str, Any], slug: str) -> tuple[Connection, str]:
    """Give the connection whose keys the token has to fit, and its issuer [1 query]; nothing else is believed yet."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer or storable(issuer) != issuer:
        raise TokenRefused("The token names no issuer.")
    is_issuer = Q(revocation_issuer=issuer) | Q(revocation_issuer=None, oidc_issuer=issuer)
    found = Connection.objects.filter(is_issuer, enabled=True, **({"slug": slug} if slug else {}))[:2]
    if len(found) != 1:
        raise TokenRefused(
            "The issuer is not that of one connection; where it is that of several, add the connection's slug to the "
            "address."
        )
    return found[0], issuer


def _own_address(request: HttpRequest) -> str:
    """Give the address of this endpoint as the IdP knows it: SITE_URL counts where it is set, as for SCIM."""
    if settings.SITE_URL:
        return f"{str(settings.SITE_URL).rstrip('/')}{request.path}"
    return request.build_absolute_uri(request.path)


def _subject_of(body: bytes) -> Mapping[str, Any]:
    """Read the subject identifier (RFC 9493) of the body."""
    if len(body) > _LONGEST_BODY:
        raise _Refused(400, "invalid_request", "The body is too long.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "invalid_request", "The body is no JSON.") from error
    # The draft says sub_id; Auth0 documents the same thing as "subject".
    found = document.get("sub_id", document.get("subject")) if isinstance(document, dict) else None
    if not isinstance(found, dict) or any(not _is_usable(value) for value in found.values()):
        raise _Refused(400, "invalid_request", "The body has no sub_id with texts in it.")
    return found


def _is_usable(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and storable(value) == value


def _revoke(context: Context, subject: Mapping[str, Any], issuer: str) -> None:
    identities = list(_matching(context.required_connection, subject, issuer).select_related("user")[:2])
    if not identities:
        raise _Refused(404, "not_found", "The connection has no such person.")
    if len(identities) > 1:
        raise _Refused(422, "ambiguous_subject", "More than one person of the connection fits.")
    revoke_access(context, identities[0].user, reason="global_token_revocation")


def _matching(connection: Connection, subject: Mapping[str, Any], issuer: str) -> Any:
    """Give the live identities of the connection that a subject identifier fits; others do not exist for it."""
    own = Identity.objects.filter(connection=connection, live=True).order_by("pk")
    match subject:
        case {"format": "iss_sub", "iss": iss, "sub": sub}:
            known = {issuer, connection.oidc_issuer, connection.saml_entity_id}
            return own.filter(subject=sub) if iss in known else own.none()
        case {"format": "email", "email": email}:
            text = fold(email)
            leaves = AttributeValue.objects.filter(
                root="emails", sub="value", prefix=text[:PREFIX_LENGTH], value=text
            )
            return own.filter(Q(pk__in=leaves.values("identity")) | Q(user_name_key=text))
        case {"format": "opaque", "id": key}:
            return own.filter(Q(subject=key) | Q(external_id=key))
        case _:
            raise _Refused(400, "invalid_request", "The format of sub_id is none of iss_sub, email, opaque.")


def _refusal(status: int, error: str, text: str) -> HttpResponse:
    logger.warning("Global token revocation refused: %s", text)
    response = _uncached(JsonResponse({"error": error, "error_description": text}, status=status))
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
