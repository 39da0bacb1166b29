"""What the handlers share: the six verbs' seam, preconditions, writing under guard, and lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from ...conf import settings
from ...exceptions import ProvisioningError
from ...lifecycle import refusals, transactions, valve
from ...mapping.ordering import SORT_KEY, Ordering
from ...protocol.errors import Mutability, PreconditionFailed
from ...protocol.filters import Filter, parse
from ...protocol.messages import SearchRequest, list_response, page_size
from ...protocol.schema import ResourceType
from ...protocol.versions import matches_any
from .. import cursors
from ..call import Answer, Call, filter_limits

T = TypeVar("T")


class ResourceHandler(ABC):
    """Serves one resource type. Everything it reads starts at the connection of the call.

    ``scope`` is the token scope that writes need, ``owner`` the column of AttributeValue, ``sort_columns`` the
    attribute keys that are columns of the table.
    """

    scope: str
    owner: str
    sort_columns: frozenset[str]

    @property
    @abstractmethod
    def resource_type(self) -> ResourceType:
        """The resource type with the project's extensions."""

    @abstractmethod
    def create(self, call: Call, payload: Any) -> Answer:
        """POST on the endpoint."""

    @abstractmethod
    def read(self, call: Call, scim_id: str) -> Answer:
        """GET of one resource."""

    @abstractmethod
    def replace(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """PUT of one resource."""

    @abstractmethod
    def patch(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """PATCH of one resource."""

    @abstractmethod
    def delete(self, call: Call, scim_id: str) -> Answer:
        """DELETE of one resource."""

    @abstractmethod
    def queryset(self, call: Call) -> QuerySet[Any]:
        """All rows that the connection may see, unordered."""

    @abstractmethod
    def condition(self, call: Call, node: Filter) -> Q:
        """Compile a filter."""

    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Columns, for ``values()``, that ``documents`` reads."""

    @abstractmethod
    def documents(self, call: Call, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write rows as projected documents, in their order, at a constant number of queries."""

    def prepared(self, call: Call, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Give the rows as documents are written from them: here a handler of the project puts other values in."""
        return rows

    def search(self, call: Call, request: SearchRequest, *, in_body: bool = False) -> Answer:
        """List resources [2-4 queries with the token's: page, related rows, count where it is not known]."""
        ordering = Ordering.parse(
            request.sort_by, descending=request.descending, resource_type=self.resource_type
        )
        found = self.found(call, request, in_body=in_body)
        size = page_size(request.count, settings.DEFAULT_PAGE_SIZE, settings.MAX_PAGE_SIZE)
        if request.cursor is not None:
            return self._cursor_page(call, request, ordering, found, size)
        rows = self._rows(ordering, found)[request.start_index - 1 : request.start_index - 1 + size]
        page = list(rows) if size else []
        total = _known_total(request.start_index, size, len(page))
        total = found.count() if total is None else total
        return Answer(
            200, list_response(self.documents(call, page), total=total, start_index=request.start_index)
        )

    def found(self, call: Call, request: SearchRequest, *, in_body: bool = False) -> QuerySet[Any]:
        """Give the rows that satisfy the request's filter.

        Raises:
            InvalidFilter: the filter is malformed or names what cannot be filtered on.
        """
        queryset = self.queryset(call)
        if request.filter is None:
            return queryset
        node = parse(request.filter, self.resource_type, filter_limits(search=in_body))
        return queryset.filter(self.condition(call, node))

    def write(self, call: Call, work: Callable[[], T], label: str = "") -> T:
        """Run a write in one transaction; what a policy refuses leaves an event behind, outside of it."""
        valve.require_open(call.connection)
        try:
            return transactions.run(work)
        except ProvisioningError as error:
            refusals.record(call.context, error, label)
            raise

    def _rows(self, ordering: Ordering, found: QuerySet[Any]) -> QuerySet[Any]:
        ordered = ordering.apply(found, self.owner, self.sort_columns)
        return ordered.values(*self.columns(), *([SORT_KEY] if ordering.path else []))

    def _cursor_page(
        self, call: Call, request: SearchRequest, ordering: Ordering, found: QuerySet[Any], size: int
    ) -> Answer:
        """Give a page of a cursor walk (RFC 9865); only the first one counts, so a walk costs what it reads."""
        endpoint = self.resource_type.endpoint
        position = cursors.decode(call.connection, endpoint, request)
        ordered = ordering.apply(found, self.owner, self.sort_columns)
        if position is not None:
            ordered = ordering.after(ordered, position[0], position[1])
        columns = (*self.columns(), *([SORT_KEY] if ordering.path else []))
        rows = list(ordered.values(*columns)[: size + 1]) if size else []
        following = None
        if len(rows) > size:
            last = rows[size - 1]
            following = cursors.encode(call.connection, endpoint, request, [last.get(SORT_KEY), last["id"]])
        total = found.count() if position is None else None
        documents = self.documents(call, rows[:size])
        return Answer(200, list_response(documents, total=total, start_index=None, next_cursor=following))


def _known_total(start_index: int, size: int, returned: int) -> int | None:
    """Give the number of all matches where a page tells it: it is not full, and is the first or not empty."""
    if size and returned < size and (returned or start_index == 1):
        return start_index - 1 + returned
    return None


def require_precondition(call: Call, version: str) -> None:
    """Hold If-Match against the present version (RFC 7644 §3.14).

    Raises:
        PreconditionFailed: the client speaks of another version.
    """
    if call.if_match is not None and not matches_any(call.if_match, version):
        raise PreconditionFailed


def require_same_id(asserted: object, scim_id: str) -> None:
    """Hold an id inside a PATCH value against that of the path: Okta and authentik repeat it.

    Raises:
        Mutability: it is another one.
    """
    if asserted is not None and asserted != scim_id:
        raise Mutability("id cannot be changed.")


def is_unchanged(call: Call, version: str) -> bool:
    """Tell whether a read can be answered 304."""
    return call.if_none_match is not None and matches_any(call.if_none_match, version)
