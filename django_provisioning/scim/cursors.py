"""Cursors of RFC 9865: signed, bound to the connection and the query, and valid for a limited time.

A cursor holds the position (sort key, primary key) of the last resource of a page. Its text uses unreserved URI
characters only (RFC 9865 §2).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner

from ..conf import settings
from ..models import Connection
from ..protocol.errors import ExpiredCursor, InvalidCursor
from ..protocol.messages import SearchRequest

_SALT = "django_provisioning.cursor"


def encode(connection: Connection, endpoint: str, request: SearchRequest, position: list[Any]) -> str:
    """Give the cursor for what follows ``position``."""
    payload = orjson.dumps([_fingerprint(connection, endpoint, request), [_plain(part) for part in position]])
    text = urlsafe_b64encode(payload).decode().rstrip("=")
    return TimestampSigner(sep="~", salt=_SALT).sign(text)


def decode(connection: Connection, endpoint: str, request: SearchRequest) -> list[Any] | None:
    """Give the position in the request's cursor; None for the empty one, which asks for the first page.

    Raises:
        ExpiredCursor: it is older than CURSOR_TIMEOUT_SECONDS.
        InvalidCursor: it was not made by this server, for this connection and this query.
    """
    if not request.cursor:
        return None
    signer = TimestampSigner(sep="~", salt=_SALT)
    try:
        text = signer.unsign(request.cursor, max_age=timedelta(seconds=settings.CURSOR_TIMEOUT_SECONDS))
    except SignatureExpired as error:
        raise ExpiredCursor from error
    except BadSignature as error:
        raise InvalidCursor from error
    fingerprint, position = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if fingerprint != _fingerprint(connection, endpoint, request):
        raise InvalidCursor
    return [_value(part) for part in position]


def _fingerprint(connection: Connection, endpoint: str, request: SearchRequest) -> str:
    query = [connection.pk, endpoint, request.filter, request.sort_by, request.descending]
    return hashlib.sha256(orjson.dumps(query)).hexdigest()[:16]


def _plain(part: Any) -> Any:
    return {"t": part.isoformat()} if isinstance(part, datetime) else part


def _value(part: Any) -> Any:
    return datetime.fromisoformat(part["t"]) if isinstance(part, dict) else part
