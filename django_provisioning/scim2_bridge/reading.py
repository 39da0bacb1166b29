"""What both readers share: rows in batches by primary key, and what a batch holds beside its people or groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import QuerySet

from ..exceptions import ValueRefused
from ..lifecycle.group_imports import Group
from ..lifecycle.imports import Finding, Person
from ..protocol.errors import ScimError
from ..protocol.schema import ResourceType
from ..protocol.tolerance import TOLERANT
from ..protocol.validation import ReadResult, read_resource

Row = TypeVar("Row", Person, Group)


class Unreadable(Exception):
    """A row cannot be taken over; the text says why."""


@dataclass(slots=True)
class Batch(Generic[Row]):
    """Rows to take over, and what was seen on the way.

    ``read`` counts all rows of the batch, those in ``findings`` that could not be read included. ``shared`` are the
    externalIds that more than one row of the whole table has, ``undeclared`` the attributes that no schema knows.
    """

    rows: list[Row] = field(default_factory=list)
    read: int = 0
    shared: frozenset[str] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    undeclared: Counter[str] = field(default_factory=Counter)


class Source(Protocol):
    """The tables of an earlier server."""

    def number_of_people(self) -> tuple[int, int]:
        """Give how many people there are, and how many of them the import leaves out."""

    def number_of_groups(self) -> tuple[int, int]:
        """Give how many groups there are, and how many of them the import leaves out."""

    def people(self, size: int, resource_type: ResourceType) -> Iterator[Batch[Person]]:
        """Give the people in batches."""

    def groups(self, size: int, resource_type: ResourceType) -> Iterator[Batch[Group]]:
        """Give the groups in batches."""


def batches(queryset: QuerySet[Any], size: int) -> Iterator[Sequence[Any]]:
    """Give the rows in batches by primary key, one query each; only one batch is in memory at a time."""
    ordered = queryset.order_by("pk")
    page = list(ordered[:size])
    while page:
        yield page
        page = list(ordered.filter(pk__gt=page[-1].pk)[:size]) if len(page) == size else []


def shared_values(queryset: QuerySet[Any], column: str, values: Sequence[str | None]) -> frozenset[str]:
    """Give those of the values that more than one row of the table has [1 query].

    Counted here and not in SQL: a collation may call "a" and "A" the same.
    """
    wanted = {value for value in values if value}
    if not wanted:
        return frozenset()
    found = Counter(queryset.filter(**{f"{column}__in": wanted}).order_by().values_list(column, flat=True))
    return frozenset(value for value, number in found.items() if number > 1)


def read(document: Any, resource_type: ResourceType) -> ReadResult:
    """Read a document that the earlier server would have answered with.

    Raises:
        Unreadable: it is no SCIM resource.
    """
    try:
        return read_resource(document, resource_type, TOLERANT)
    except (ScimError, ValueRefused) as error:
        raise Unreadable(error.detail) from error
