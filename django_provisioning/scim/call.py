"""One authenticated call, as the handlers see it: no HTTP object reaches them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..conf import settings
from ..lifecycle.context import Context
from ..models import Connection, ConnectionToken
from ..protocol.filters import FilterLimits
from ..protocol.patch import PatchLimits
from ..protocol.projection import Projection
from ..protocol.quirks import Quirks, quirks_for
from ..protocol.schema import ResourceType
from ..protocol.tolerance import STRICT, TOLERANT, Tolerance
from ..protocol.values import ValueLimits

Names = str | Iterable[str] | None


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, under which policies, with which preconditions and selection of attributes."""

    context: Context
    token: ConnectionToken
    base_url: str
    if_match: str | None = None
    if_none_match: str | None = None
    attributes: Names = None
    excluded: Names = None

    @property
    def connection(self) -> Connection:
        """The connection that the token belongs to: the only tenant of this call."""
        return self.context.required_connection

    @property
    def tolerance(self) -> Tolerance:
        """What the connection forgives."""
        return tolerance_of(self.connection)

    @property
    def quirks(self) -> Quirks:
        """The rewritings of the connection's IdP."""
        return quirks_for(self.connection.idp)

    @property
    def selects(self) -> bool:
        """Whether the client asked for particular attributes."""
        return self.attributes is not None or self.excluded is not None

    def projection(self, resource_type: ResourceType) -> Projection:
        """Give the selection of attributes for an answer.

        Raises:
            InvalidValue: attributes and excludedAttributes are both given.
        """
        return Projection.parse(self.attributes, self.excluded, resource_type)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body (None for none) and headers of an answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def tolerance_of(connection: Connection) -> Tolerance:
    """Give what a connection forgives."""
    return STRICT if connection.strict else TOLERANT


def filter_limits(*, search: bool = False) -> FilterLimits:
    """Give the limits of a filter in a query string, or in the body of a ``.search``."""
    length = settings.MAX_SEARCH_FILTER_LENGTH if search else settings.MAX_FILTER_LENGTH
    return FilterLimits(length, settings.MAX_FILTER_DEPTH, settings.MAX_FILTER_TERMS)


def patch_limits() -> PatchLimits:
    """Give the limits of a PATCH."""
    return PatchLimits(settings.MAX_PATCH_OPERATIONS, filter_limits(), value_limits())


def value_limits() -> ValueLimits:
    """Give the limits of the values in a body."""
    return ValueLimits(max_members=settings.MAX_MEMBERS_PER_REQUEST)
