"""Signed requests of an identity provider (JWT): verified against its keys, fresh, for us, and each taken once.

Back-channel log-out and token revocation come without a session and from anywhere, so nothing of the token is
believed before its signature, and nothing is written for one that is refused. Only signatures with a public key count:
``none`` and the HMAC family are not on the list, whatever the key set says.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jwt
from django.core.cache import cache

from ..mapping.claims import storable
from .signing_keys import KeySet, KeySource, fitting, recent_key_set

logger = logging.getLogger("django_provisioning.jit")

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
LEEWAY_SECONDS = 60
# A request speaks of now. Providers give these tokens two to five minutes.
LONGEST_AGE_SECONDS = 600
_LONGEST_TOKEN = 16 * 1024
_LONGEST_TEXT = 1024


class TokenRefused(Exception):
    """The token proves nothing. The text names the rule and holds nothing of the token."""


class CannotVerify(TokenRefused):
    """The token may be good, but this site cannot tell at present: keys or cache are out of reach."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to say. ``types`` are the values of ``typ`` that count, lower case, without "application/"."""

    issuer: str
    audience: str
    types: Collection[str]
    keys: KeySource | None


def unverified_claims(token: str) -> dict[str, Any]:
    """Give what a token claims, to find out whose keys to hold it against; never to act on.

    Raises:
        TokenRefused: it is no JWT, or larger than any real one.
    """
    if len(token) > _LONGEST_TOKEN:
        raise TokenRefused("The token is too long.")
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("The token is no JWT.") from error
    return dict(claims)


def verified_claims(token: str, expected: Expected) -> dict[str, Any]:
    """Give the claims of a token that holds; the caller looks at what is particular to its protocol.

    Raises:
        TokenRefused: the text says which rule it breaks.
        CannotVerify: the provider's keys cannot be had.
    """
    header = _header(token)
    algorithm, key_id = header["alg"], header.get("kid")
    if header.get("typ") is not None and _plain_type(header["typ"]) not in expected.types:
        raise TokenRefused("The token is of another type.")
    for key in fitting(_keys(expected.keys, key_id, algorithm), key_id, algorithm):
        try:
            claims = jwt.decode(
                token, key, algorithms=[algorithm], leeway=LEEWAY_SECONDS, issuer=expected.issuer,
                audience=expected.audience, options={"require": ["iss", "aud", "iat", "jti"]},
            )  # fmt: skip
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenRefused(f"The token is not valid: {type(error).__name__}.") from error
        _require_fresh(claims)
        return dict(claims)
    raise TokenRefused("No key of the provider signed the token.")


@contextmanager
def used_once(claims: Mapping[str, Any]) -> Iterator[None]:
    """Take a verified token once; one whose work fails may come again.

    Raises:
        TokenRefused: it was taken before.
        CannotVerify: the cache does not answer, so nobody knows.
    """
    text = f"{claims['iss']}\0{claims['jti']}"
    key = f"django_provisioning:jti:{hashlib.sha256(text.encode()).hexdigest()}"
    try:
        is_first = cache.add(key, 1, timeout=LONGEST_AGE_SECONDS + 2 * LEEWAY_SECONDS)
    except Exception as error:  # Any cache back end may be down, each with errors of its own.
        logger.exception("The cache does not answer, so no signed request is taken")
        raise CannotVerify("The request cannot be checked at the moment.") from error
    if not is_first:
        raise TokenRefused("The token was used before.")
    try:
        yield
    except BaseException:
        cache.delete(key)
        raise


def _header(token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("The token has no readable header.") from error
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused("The token is not signed with a public-key algorithm.")
    if "crit" in header or header.get("b64") is False:
        raise TokenRefused("The token demands an extension that is not known here.")
    return header


def _plain_type(value: Any) -> str:
    return str(value).lower().removeprefix("application/")


def _keys(source: KeySource | None, key_id: Any, algorithm: str) -> KeySet:
    if source is None:
        raise CannotVerify("The connection has no address of the provider's keys (signing_keys_url).")
    keys = recent_key_set(source, lambda found: next(fitting(found, key_id, algorithm), None) is not None)
    if keys is None:
        raise CannotVerify("The provider's keys cannot be fetched at the moment.")
    return keys


def _require_fresh(claims: Mapping[str, Any]) -> None:
    """Refuse an old token, and texts that no provider sends; PyJWT has looked at exp, nbf and a future iat."""
    if time.time() - float(claims["iat"]) > LONGEST_AGE_SECONDS + LEEWAY_SECONDS:
        raise TokenRefused("The token is too old.")
    for name in ("jti", "sub", "sid"):
        text = claims.get(name)
        if text is not None and not _is_usable(text):
            raise TokenRefused(f"The claim {name} is no text of a usable length.")


def _is_usable(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) <= _LONGEST_TEXT and storable(text) == text
