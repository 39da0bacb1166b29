"""What is noted of a request: method, path, status, time and error, and the bodies only where they are switched on.

Everything is taken from the view after its answer is made, and handed to the lifecycle when the answer has gone out.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request

from ..conf import settings
from ..lifecycle import request_log
from ..lifecycle.addresses import client_address
from ..mapping import redaction
from ..models import ConnectionToken, ScimRequest
from ..protocol.errors import ScimError
from .call import Answer
from .handlers import handlers

logger = logging.getLogger("django_provisioning.requests")

# Endpoints with a name of their own; what is under none of them is no endpoint.
_NAMED = frozenset({"ServiceProviderConfig", "ResourceTypes", "Schemas", "Bulk", "Me", ".search"})
_LARGEST_NUMBER = 2_147_483_647
_CUT = "\n" + redaction.MASK


@dataclass(slots=True)
class Observed:
    """What a view saw of one request; ``payload`` is the parsed body, before any quirk rewrote it."""

    began: float = field(default_factory=time.perf_counter)
    error: ScimError | None = None
    request_body: str = ""

    def saw_body(self, payload: Any) -> None:
        """Keep the form of the body, where the setting asks for it; never raises: the request is still to be done."""
        if not settings.REQUEST_LOG_BODIES:
            return
        try:
            self.request_body = _cut(redaction.body_form(payload))
        except Exception:
            logger.warning("The body of a SCIM request was not recorded", exc_info=True)


def record_of(
    observed: Observed, request: Request, answer: Answer | None, response: HttpResponse, request_id: str
) -> ScimRequest | None:
    """Give the row for a request that is answered, not yet written; None where it is not wanted or cannot be made."""
    try:
        is_read = request.method in {"GET", "HEAD"} or request.path.rstrip("/").endswith("/.search")
        if not request_log.is_wanted(response.status_code, is_read=is_read):
            return None
        return _row(observed, request, answer, response, request_id)
    except Exception:  # The answer is made; a record that cannot be made must not take it away.
        logger.warning("The SCIM request %s was not recorded", request_id, exc_info=True)
        return None


def _row(
    observed: Observed, request: Request, answer: Answer | None, response: HttpResponse, request_id: str
) -> ScimRequest:
    milliseconds = round((time.perf_counter() - observed.began) * 1000)
    token = _token_of(request)
    error = observed.error
    return ScimRequest(
        at=timezone.now(),
        connection=token.connection if token else None,
        connection_slug=token.connection.slug if token else "",
        key_id=token.key_id if token else "",
        method=(request.method or "")[:10],
        route=_route(request)[:100],
        path=_path(request)[:255],
        query=redaction.query_form(request.META.get("QUERY_STRING", "")),
        status=response.status_code,
        milliseconds=min(milliseconds, _LARGEST_NUMBER),
        scim_type=(error.scim_type or "") if error else "",
        detail=redaction.text_form(error.detail)[:500] if error else _failures_of_bulk(answer),
        correlation_id=request_id,
        ip=client_address(request),
        user_agent=_plain(request.META.get("HTTP_USER_AGENT", ""))[:200],
        request_bytes=_length(request),
        response_bytes=len(response.content),
        request_body=observed.request_body,
        response_body=_body_of(response),
    )


def _token_of(request: Request) -> ConnectionToken | None:
    """Give the token that was shown, also where it has expired, was revoked or its connection is disabled."""
    token = getattr(request, "presented_token", None)
    return token if isinstance(token, ConnectionToken) else None


def _path(request: Request) -> str:
    """Give the path without what may be somebody's name; the project's prefix stays as it is."""
    prefix = reverse("django_provisioning:root")
    return redaction.path_form(request.path, prefix=prefix, endpoints=_endpoints())


def _endpoints() -> set[str]:
    return {handler.resource_type.endpoint.lstrip("/") for handler in handlers()}


def _route(request: Request) -> str:
    """Give the endpoint with ``{id}`` in place of an id, as in ``/Users/{id}``; "" where there is none."""
    found: Any = request.resolver_match
    arguments = found.kwargs if found is not None else {}
    segments = request.path.rstrip("/").split("/")
    if "endpoint" in arguments:
        rest = "/{id}" if "scim_id" in arguments else "/.search" if segments[-1] == ".search" else ""
        endpoint = arguments["endpoint"]
        return f"/{endpoint if endpoint in _endpoints() else redaction.MASK}{rest}"
    named = [segment for segment in segments[-2:] if segment in _NAMED]
    return "".join(f"/{name}" for name in named[:1]) + ("/{id}" if arguments.get("key") else "")


def _failures_of_bulk(answer: Answer | None) -> str:
    """Say how many operations of a Bulk job failed: its own status is 200 all the same."""
    results = answer.body.get("Operations") if answer is not None and isinstance(answer.body, dict) else None
    if not isinstance(results, list):
        return ""
    failed = sum(int(result.get("status", 0)) >= 400 for result in results)
    return f"{failed} of {len(results)} operations failed." if failed else ""


def _length(request: Request) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "")
    return min(int(text), _LARGEST_NUMBER) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _body_of(response: HttpResponse) -> str:
    if not settings.REQUEST_LOG_BODIES or not response.content:
        return ""
    return _cut(redaction.body_form(json.loads(response.content)))


def _cut(text: str) -> str:
    """Cut a text to REQUEST_LOG_BODY_BYTES, between two characters; no database takes a NUL."""
    whole = _plain(text).encode("utf-8", "replace")
    limit = settings.REQUEST_LOG_BODY_BYTES
    return whole.decode() if len(whole) <= limit else whole[:limit].decode(errors="ignore") + _CUT


def _plain(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
