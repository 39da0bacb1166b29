"""The public keys of an identity provider: where they are, which of them fit a token, and how often they are fetched.

A login fetches them each time, as the library does: somebody with a code of the provider is waiting. Requests that
anybody may post (log-out, revocation) use ``recent_key_set``: one fetch serves for five minutes, and neither a key id
that nobody knows nor a provider that is down makes this site fetch more than once in half a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import jwt
import requests
from django.conf import settings

from ..models import Connection

KeySet = list[dict[str, Any]]

_FRESH_SECONDS = 300.0
_LEAST_PAUSE_SECONDS = 30.0
_TIMEOUT_SECONDS = 10.0
_LARGEST_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class KeySource:
    """A JWKS address and how to ask it; ``options`` go to ``requests.get``."""

    url: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Fetched:
    """What one address answered last; ``lock`` lets one thread fetch and the others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: KeySet | None = None
    at: float = float("-inf")


_fetched: dict[str, _Fetched] = {}


def source_of(connection: Connection, issuer: str) -> KeySource | None:
    """Give where the keys of a connection's issuer are; None where nobody said.

    ``signing_keys_url`` belongs to the issuer of revocation requests where the connection names one, else to its
    OpenID issuer. The provider of the project's settings needs no entry.
    """
    if connection.signing_keys_url and issuer == (connection.revocation_issuer or connection.oidc_issuer):
        return KeySource(connection.signing_keys_url)
    is_ours = (issuer, connection.oidc_issuer, connection.oidc_client_id) == (
        getattr(settings, "OIDC_OP_ISSUER", None),
        getattr(settings, "OIDC_OP_ISSUER", None),
        getattr(settings, "OIDC_RP_CLIENT_ID", None),
    )
    url = getattr(settings, "OIDC_OP_JWKS_ENDPOINT", None)
    return KeySource(url, settings_options()) if is_ours and url else None


def settings_options() -> dict[str, Any]:
    """Give the transport options of mozilla-django-oidc's settings."""
    return {
        "verify": getattr(settings, "OIDC_VERIFY_SSL", True),
        "timeout": getattr(settings, "OIDC_TIMEOUT", None) or _TIMEOUT_SECONDS,
        "proxies": getattr(settings, "OIDC_PROXY", None),
    }


def fetch_key_set(source: KeySource) -> KeySet:
    """Fetch a JWKS (RFC 7517 §5); a document without keys gives none.

    Raises:
        requests.RequestException: no answer, an error, too large, or no JSON object.
    """
    options = {"timeout": _TIMEOUT_SECONDS, **source.options}
    response = requests.get(source.url, **options)  # noqa: S113 - it is among the options
    response.raise_for_status()
    if len(response.content) > _LARGEST_BYTES:
        raise requests.exceptions.ContentDecodingError("The key set is too large.")
    document = response.json()
    if not isinstance(document, dict):
        raise requests.exceptions.InvalidJSONError("The key set is no JSON object.")
    keys = document.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def recent_key_set(source: KeySource, is_enough: Callable[[KeySet], bool]) -> KeySet | None:
    """Give the keys of at most five minutes ago, fetched again where they are not enough and half a minute is over.

    None where there are none because the provider does not answer.
    """
    fetched = _fetched.setdefault(source.url, _Fetched())
    with fetched.lock:
        age = time.monotonic() - fetched.at
        is_usable = fetched.keys is not None and age < _FRESH_SECONDS and is_enough(fetched.keys)
        if not is_usable and age >= _LEAST_PAUSE_SECONDS:
            fetched.at = time.monotonic()
            fetched.keys = None
            # No redirects: the address is what an administrator entered.
            options = {**source.options, "allow_redirects": False}
            with suppress(requests.RequestException):
                fetched.keys = fetch_key_set(KeySource(source.url, options))
        return fetched.keys


def forget_key_sets() -> None:
    """Fetch anew at the next question."""
    _fetched.clear()


def fitting(keys: Iterable[Mapping[str, Any]], key_id: Any, algorithm: str) -> Iterator[Any]:
    """Give the keys to try: a provider may have several, and need not name one (OpenID Connect Core §10.1).

    >>> list(fitting([{"kty": "oct", "k": "AAAA"}, {"kty": "RSA", "use": "enc"}], None, "RS256"))
    []
    """
    for jwk in keys:
        if key_id is not None and jwk.get("kid") not in (None, key_id):
            continue
        if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
            continue
        # A provider may publish keys of kinds that this algorithm, or this library, does not know.
        with suppress(jwt.PyJWTError):
            yield jwt.PyJWK(dict(jwk), algorithm=algorithm)
