"""Searches over all resource types (RFC 7644 §3.4.2.1, §3.4.3): one page out of several tables.

An attribute that a type does not have is one without a value there, so the type simply does not match.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast

from ..conf import settings
from ..mapping.ordering import SORT_KEY, Ordering
from ..protocol.errors import InvalidFilter, InvalidValue, ScimError
from ..protocol.messages import SearchRequest, list_response, page_size
from . import cursors
from .call import Answer, Call
from .handlers import ResourceHandler, handlers

_ENDPOINT = "/"


def search(call: Call, request: SearchRequest, *, in_body: bool = False) -> Answer:
    """List resources of every type [1 count and 1-2 page queries a type, and 1 that decides the page]."""
    matching = _matching(call, request, in_body=in_body)
    counts = [found.count() for _, found in matching]
    size = page_size(request.count, settings.DEFAULT_PAGE_SIZE, settings.MAX_PAGE_SIZE)
    start = request.start_index - 1
    if request.cursor is not None:
        position = cursors.decode(call.connection, _ENDPOINT, request)
        start = position[0] if position else 0
    keys = _page_keys(matching, request, start, size)
    resources = _documents(call, [handler for handler, _ in matching], keys)
    total = sum(counts)
    if request.cursor is None:
        return Answer(200, list_response(resources, total=total, start_index=request.start_index))
    end = start + len(keys)
    following = cursors.encode(call.connection, _ENDPOINT, request, [end]) if keys and end < total else None
    return Answer(200, list_response(resources, total=total, start_index=None, next_cursor=following))


def _matching(
    call: Call, request: SearchRequest, *, in_body: bool
) -> list[tuple[ResourceHandler, QuerySet[Any]]]:
    """Give the matching rows of each type that has the filter's and the sort's attributes.

    Raises:
        InvalidFilter, InvalidValue: no type understands the request.
    """
    matching = []
    problem: ScimError | None = None
    for handler in handlers():
        try:
            found = handler.found(call, request, in_body=in_body)
        except InvalidFilter as error:
            problem = error
        else:
            matching.append((handler, found))
    if not matching and problem is not None:
        raise problem
    return matching


def _page_keys(
    matching: Sequence[tuple[ResourceHandler, QuerySet[Any]]], request: SearchRequest, start: int, size: int
) -> list[tuple[int, int]]:
    """Give (place of the type, primary key) of the resources of the page, in their order [1 query]."""
    parts = [_keys(place, handler, found, request) for place, (handler, found) in enumerate(matching)]
    if not parts or not size:
        return []
    order = ["missing", "key", "place", "row"]
    if request.descending:
        order = [f"-{name}" for name in order]
    page = parts[0].union(*parts[1:], all=True).order_by(*order)[start : start + size]
    return [(place, row) for _, _, place, row in page]


def _keys(
    place: int, handler: ResourceHandler, found: QuerySet[Any], request: SearchRequest
) -> QuerySet[Any]:
    try:
        ordering = Ordering.parse(
            request.sort_by, descending=request.descending, resource_type=handler.resource_type
        )
    except InvalidValue:
        ordering = Ordering()  # A type without the attribute: all its resources lack the value.
    found = ordering.apply(found, handler.owner, handler.sort_columns).order_by()
    text = TextField()
    key = Cast(F(SORT_KEY), text) if ordering.path else Value(None, output_field=text)
    missing = Case(When(key__isnull=True, then=1), default=0, output_field=IntegerField())
    place_column = Value(place, output_field=IntegerField())
    rows: QuerySet[Any] = found.annotate(key=key).annotate(missing=missing, place=place_column, row=F("pk"))
    return rows.values_list("missing", "key", "place", "row")


def _documents(
    call: Call, served: Sequence[ResourceHandler], keys: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Load and write the resources of a page, a type at a time, and put them back into order."""
    written: dict[tuple[int, int], dict[str, Any]] = {}
    for place, handler in enumerate(served):
        wanted = [row for at, row in keys if at == place]
        if wanted:
            rows = list(handler.queryset(call).filter(pk__in=wanted).values(*handler.columns()))
            for row, document in zip(rows, handler.documents(call, rows), strict=True):
                written[place, row["id"]] = document
    return [written[key] for key in keys if key in written]
