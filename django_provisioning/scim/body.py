"""Bytes in: what may be sent, read with limits before anything is parsed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from ..conf import settings
from ..protocol.errors import InvalidSyntax, PayloadTooLarge, UnsupportedMediaType
from ..protocol.reading import BodyLimits, read_json

_MEDIA_TYPES = frozenset({"application/scim+json", "application/json"})
_CHUNK = 65_536
# So much of a body that is too large is read and thrown away: many clients see a reset connection, not the 413,
# when the answer comes before they have sent everything.
_DRAINED_BYTES = 64 * 1_048_576


def read_body(request: HttpRequest) -> Any:
    """Give the JSON value of the body.

    Raises:
        UnsupportedMediaType: it is no JSON by its header, or is compressed.
        PayloadTooLarge: it is longer than MAX_BODY_BYTES.
        InvalidSyntax: it is missing, no JSON, too deep, or holds a NUL or a lone surrogate.
    """
    body = _read(request)
    if not body.strip():
        raise InvalidSyntax("The request has no body.")
    _require_json(request)
    return read_json(body, BodyLimits(max_bytes=settings.MAX_BODY_BYTES, max_depth=settings.MAX_JSON_DEPTH))


def _require_json(request: HttpRequest) -> None:
    media_type = (request.content_type or "").strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise UnsupportedMediaType
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMediaType("Compressed bodies are not taken.")
    charset = (request.content_params or {}).get("charset", "utf-8").strip('"').lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType("Send the body in UTF-8.")


def _read(request: HttpRequest) -> bytes:
    limit = settings.MAX_BODY_BYTES
    try:
        body = request.read(limit + 1)
        if len(body) > limit:
            _drain(request)
    except (UnreadablePostError, OSError) as error:
        raise InvalidSyntax("The body could not be read to its end.") from error
    if len(body) > limit:
        raise PayloadTooLarge(f"The body is longer than {limit} bytes.")
    return bytes(body)


def _drain(request: HttpRequest) -> None:
    drained = 0
    while drained < _DRAINED_BYTES and (chunk := request.read(_CHUNK)):
        drained += len(chunk)
