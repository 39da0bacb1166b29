"""When the certificates end that identity providers put beside the keys they publish (JWKS, ``x5c``)."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..lifecycle.signing_certificates import Found, SigningKeys
from ..models import Connection
from .certificates import NoCertificate, end_of, together
from .signing_keys import KeySet, KeySource, recent_key_set, source_of

# No set: a provider may send a "kty" that cannot be looked up in one.
_LONGEST_SECONDS = 60.0
_ASYMMETRIC = ("RSA", "EC", "OKP")


def published_keys(connections: Sequence[Connection]) -> Found:
    """Give the keys of the connections whose provider publishes some, fetched as for a request that it signs.

    The fetches end after a minute, because other jobs wait, and are made in any order, so that providers that do not
    answer keep nobody from being asked for ever; who was not asked counts as not read.
    """
    sources = [(one, source) for one in connections if (source := _source_of(one)) is not None]
    until = time.monotonic() + _LONGEST_SECONDS
    random.shuffle(sources)
    return {one: _of_source(source) if time.monotonic() < until else None for one, source in sources}


def of_key_set(keys: KeySet) -> SigningKeys | None:
    """Give the signing keys of a key set; None where none may sign.

    >>> of_key_set([{"kty": "RSA", "n": "…", "e": "AQAB"}, {"kty": "RSA", "use": "enc"}])
    SigningKeys(number=1, ends_at=None)
    >>> of_key_set([{"kty": "oct", "k": "…"}]) is None
    True
    """
    return together(
        [_end(key) for key in keys if key.get("use", "sig") == "sig" and key.get("kty") in _ASYMMETRIC]
    )


def _source_of(connection: Connection) -> KeySource | None:
    """Give where its keys are: those of its OpenID issuer, or else of the issuer of its revocation requests."""
    issuers = [issuer for issuer in (connection.oidc_issuer, connection.revocation_issuer) if issuer]
    return next((source for issuer in issuers if (source := source_of(connection, issuer))), None)


def _of_source(source: KeySource) -> SigningKeys | None:
    keys = recent_key_set(source, lambda _keys: True)
    return None if keys is None else of_key_set(keys)


def _end(key: Mapping[str, Any]) -> datetime | None:
    """Give the end of the key's own certificate, the first of its chain (RFC 7517 §4.7).

    None without one that can be read: the key itself is what signatures are held against, and that has no date.
    """
    chain = key.get("x5c")
    own = chain[0] if isinstance(chain, list) and chain else None
    try:
        return end_of(own) if isinstance(own, str) else None
    except NoCertificate:
        return None
