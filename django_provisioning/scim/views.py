"""Views: authenticate, throttle, read the body, call the handler, write the answer. Nothing is decided here."""

from __future__ import annotations

import re
import uuid
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from ..lifecycle.addresses import client_address
from ..lifecycle.context import Actor, Context
from ..models import ConnectionToken, Leave
from ..protocol.errors import MethodNotAllowed, NotFound
from ..protocol.messages import SearchRequest
from ..protocol.tolerance import Tolerance
from . import bulk, root_search
from .authentication import BearerTokenAuthentication
from .body import read_body
from .call import Answer, Call, tolerance_of
from .exceptions import as_scim_error
from .handlers import ResourceHandler, handler_for
from .inspection import Observed, record_of
from .location import base_url
from .respond import respond, respond_error
from .scopes import require_scope
from .throttling import require_rate

_SANE_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")


class _AnyMediaType(BaseContentNegotiation):
    """Answers are application/scim+json whatever is accepted (RFC 7644 §3.8 allows clients to ask for JSON)."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return None, None


_WAYS_OUT = {
    "POST": Leave.Path.SCIM_POST,
    "PUT": Leave.Path.SCIM_PUT,
    "PATCH": Leave.Path.SCIM_PATCH,
    "DELETE": Leave.Path.SCIM_DELETE,
}


class ScimView(APIView):
    """What all SCIM endpoints share. Subclasses define ``get``, ``post`` … that give an ``Answer``."""

    authentication_classes = [BearerTokenAuthentication]
    permission_classes = []
    throttle_classes = []
    renderer_classes = []
    parser_classes = []
    content_negotiation_class = _AnyMediaType
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Give the view function; handlers open their own transactions, also under ATOMIC_REQUESTS."""
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Look at the clock before anything else."""
        self.observed = Observed()
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then count the request against the connection's rate."""
        self.request_id = _request_id(request)
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ConnectionToken):
            require_rate(request.auth.connection)
            require_scope(request.auth, request.method or "", self.scope(kwargs))

    def scope(self, kwargs: dict[str, Any]) -> str | None:
        """Name the token scope that a write on this endpoint needs."""
        return None

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse a method that the endpoint does not have."""
        raise MethodNotAllowed(headers={"Allow": ", ".join(self.allowed_methods)})

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Answer any exception with a SCIM error."""
        self.observed.error = as_scim_error(exc, getattr(self, "request_id", "") or uuid.uuid4().hex)
        return respond_error(self.observed.error)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Write a handler's answer out, echo the request id and let the request be noted when the answer is gone."""
        answer = response if isinstance(response, Answer) else None
        http = respond(answer) if answer is not None else response
        request_id = getattr(self, "request_id", None) or _request_id(request)
        http["X-Request-ID"] = request_id
        http.record = record_of(self.observed, request, answer, http, request_id)
        self.headers = {}
        return cast("HttpResponse", http)

    def call(self, *, attributes: Any = None, excluded: Any = None) -> Call:
        """Give what the handlers need to know of this request."""
        request = self.request
        token = cast("ConnectionToken", request.auth)
        context = Context.of(
            Actor.scim(token),
            token.connection,
            correlation_id=self.request_id,
            ip=client_address(request),
            via=_WAYS_OUT.get(request.method or "", ""),
        )
        return Call(
            context=context,
            token=token,
            base_url=base_url(request),
            if_match=request.headers.get("If-Match"),
            if_none_match=request.headers.get("If-None-Match"),
            attributes=attributes,
            excluded=excluded,
        )

    def call_of_query(self) -> Call:
        """Give the call with the attribute selection of the query string."""
        search = self.query()
        return self.call(attributes=search.attributes, excluded=search.excluded)

    def query(self) -> SearchRequest:
        """Read the query string."""
        names = {name.lower(): values[-1] for name, values in self.request.GET.lists()}
        return SearchRequest.from_query(names)

    @property
    def tolerance(self) -> Tolerance:
        """What the connection of the token forgives."""
        return tolerance_of(cast("ConnectionToken", self.request.auth).connection)

    def body(self) -> Any:
        """Read the JSON body."""
        payload = read_body(self.request._request)  # noqa: SLF001 (DRF has parsed nothing yet)
        self.observed.saw_body(payload)
        return payload


class ResourcesView(ScimView):
    """``/Users``, ``/Groups`` and what the project registers: list and create."""

    def scope(self, kwargs: dict[str, Any]) -> str | None:
        """Name the scope of the endpoint's resource type."""
        return handler_for(kwargs["endpoint"]).scope

    def get(self, request: Request, endpoint: str) -> Answer:
        """List (RFC 7644 §3.4.2)."""
        search = self.query()
        return handler_for(endpoint).search(self.call_of_query(), search)

    def post(self, request: Request, endpoint: str) -> Answer:
        """Create (RFC 7644 §3.3)."""
        return handler_for(endpoint).create(self.call_of_query(), self.body())


class ResourceView(ScimView):
    """``/Users/{id}``: read, replace, patch, delete. The id is opaque text."""

    def scope(self, kwargs: dict[str, Any]) -> str | None:
        """Name the scope of the endpoint's resource type."""
        return handler_for(kwargs["endpoint"]).scope

    def get(self, request: Request, endpoint: str, scim_id: str) -> Answer:
        """Read (RFC 7644 §3.4.1)."""
        return self._handler(endpoint, scim_id).read(self.call_of_query(), scim_id)

    def put(self, request: Request, endpoint: str, scim_id: str) -> Answer:
        """Replace (RFC 7644 §3.5.1)."""
        return self._handler(endpoint, scim_id).replace(self.call_of_query(), scim_id, self.body())

    def patch(self, request: Request, endpoint: str, scim_id: str) -> Answer:
        """Patch (RFC 7644 §3.5.2)."""
        return self._handler(endpoint, scim_id).patch(self.call_of_query(), scim_id, self.body())

    def delete(self, request: Request, endpoint: str, scim_id: str) -> Answer:
        """Delete (RFC 7644 §3.6)."""
        return self._handler(endpoint, scim_id).delete(self.call_of_query(), scim_id)

    def _handler(self, endpoint: str, scim_id: str) -> ResourceHandler:
        if "\0" in scim_id:
            raise NotFound  # PostgreSQL refuses a NUL in a text, even in a comparison.
        return handler_for(endpoint)


class SearchView(ScimView):
    """``/Users/.search``: a list whose query is in the body (RFC 7644 §3.4.3)."""

    def scope(self, kwargs: dict[str, Any]) -> str | None:
        """Ask for no scope; an unknown endpoint is 404 whatever the method."""
        handler_for(kwargs["endpoint"])
        return None

    def post(self, request: Request, endpoint: str) -> Answer:
        """Search one resource type."""
        handler = handler_for(endpoint)
        search = SearchRequest.from_body(self.body(), self.tolerance)
        call = self.call(attributes=search.attributes, excluded=search.excluded)
        return handler.search(call, search, in_body=True)


class RootView(ScimView):
    """The root: GET lists all resource types (RFC 7644 §3.4.2.1)."""

    def get(self, request: Request) -> Answer:
        """List."""
        return root_search.search(self.call_of_query(), self.query())


class RootSearchView(ScimView):
    """``/.search`` on the root: all resource types."""

    def post(self, request: Request) -> Answer:
        """Search."""
        search = SearchRequest.from_body(self.body(), self.tolerance)
        call = self.call(attributes=search.attributes, excluded=search.excluded)
        return root_search.search(call, search, in_body=True)


class BulkView(ScimView):
    """``/Bulk`` (RFC 7644 §3.7)."""

    def post(self, request: Request) -> Answer:
        """Run the job."""
        return bulk.run(self.call(), self.body())


class UnknownEndpointView(ScimView):
    """Everything else under the prefix: a SCIM 404, never the project's HTML page."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then answer 404 whatever the method."""
        super().initial(request, *args, **kwargs)
        raise NotFound("There is no such endpoint.")


def _request_id(request: HttpRequest | Request) -> str:
    """Take the client's X-Request-ID if it is sane, else make one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
