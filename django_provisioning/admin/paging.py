"""Lists of any length by their keys: a page begins after a row, not after so many rows.

With ``OFFSET`` the database reads and throws away all that stands before the page. Here the link to the next page
names the last row of this one (``?after=4711``, or ``?after=4711,2026-11-22T…`` where the list is sorted by a column),
so the millionth row costs as much as the first, and rows that are added meanwhile move nothing.

A sorted list is read in at most two segments, because no database finds "greater than this, or NULL" in one index
scan: the rows with a value, and those without. Where the NULLs stand is the database's own default, which its indexes
follow: first on SQLite and MariaDB, last on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import Field, OrderBy, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import HttpRequest

AFTER_VAR = "after"
BEFORE_VAR = "before"
END = "end"
POSITION_VARS = (AFTER_VAR, BEFORE_VAR, PAGE_VAR)


@dataclass(frozen=True, slots=True)
class Order:
    """The column that a list is sorted by, with the primary key as its tie-breaker; "pk" alone is one column."""

    column: str
    is_descending: bool
    is_nullable: bool = False
    nulls_are_large: bool = False

    def reversed(self) -> Order:
        """Give the same order, read from its end."""
        return Order(self.column, not self.is_descending, self.is_nullable, self.nulls_are_large)

    @property
    def names(self) -> list[str]:
        """Give what ``order_by`` takes. The key goes the way of the column, or no index would give the order."""
        sign = "-" if self.is_descending else ""
        return [f"{sign}pk"] if self.column == "pk" else [f"{sign}{self.column}", f"{sign}pk"]

    @property
    def sorted_names(self) -> list[OrderBy]:
        """Give the same for rows that shall be sorted: behind a function no planner knows the order of an index."""
        return [
            OrderBy(Coalesce(name.removeprefix("-"), name.removeprefix("-")), descending=name.startswith("-"))
            for name in self.names
        ]

    def segments(self) -> list[Q]:
        """Give the conditions of the parts of the list, in its order."""
        if not self.is_nullable:
            return [Q()]
        nulls, values = Q(**{f"{self.column}__isnull": True}), Q(**{f"{self.column}__isnull": False})
        return [values, nulls] if self.nulls_are_large != self.is_descending else [nulls, values]

    def beyond(self, key: Key) -> list[Q]:
        """Give the conditions of what stands after a row: the rest of its own part, and the parts behind it."""
        than = "lt" if self.is_descending else "gt"
        further = Q(**{f"pk__{than}": key.pk})
        if self.column == "pk":
            return [further]
        parts = self.segments()
        if key.value is None:
            place = next((n for n, part in enumerate(parts) if part == _null(self.column)), 0)
            return [parts[place] & further, *parts[place + 1 :]]
        # The first condition says the same more loosely; it is the one that begins an index scan.
        rest = Q(**{f"{self.column}__{than}e": key.value})
        rest &= Q(**{f"{self.column}__{than}": key.value}) | further
        place = next((n for n, part in enumerate(parts) if part != _null(self.column)), 0)
        return [rest, *parts[place + 1 :]]


@dataclass(frozen=True, slots=True)
class Key:
    """A row as a link names it: its primary key, and its value of the column that sorts."""

    pk: int
    value: Any = None


class KeysetChangeList(ChangeList):
    """A list that is paged by keys; ``sortable_by`` holds for typed addresses too, not for the headings alone."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Take the position out of the parameters first: filters must not see it, and their links begin anew."""
        for name in POSITION_VARS:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Sort by one column that may sort, and then by the key."""
        self.order = self._order(request, queryset)
        return self.order.names

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        """Mark the column that really sorts."""
        chosen = self._chosen_column()
        if chosen is not None:
            return {chosen[0]: "desc" if chosen[2] else "asc"}
        return {} if ORDER_VAR in self.params else super().get_ordering_field_columns()

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and count as far as the cap where there is more than the page [1–3 queries]."""
        after, before = request.GET.get(AFTER_VAR), request.GET.get(BEFORE_VAR)
        is_backward = before is not None
        is_start = after is None and not is_backward
        order = self.order.reversed() if is_backward else self.order
        text = before if is_backward else after
        parts = order.segments() if text in {None, END} else order.beyond(self._key(text or ""))
        size = self.list_max_show_all if self.show_all and is_start else self.list_per_page
        rows, looks = self._read(order, parts, size + 1)
        has_more = len(rows) > size
        if self.show_all and has_more and is_start:
            size = self.list_per_page
        rows = rows[:size]
        if is_backward:
            rows.reverse()
        self.result_list = rows
        self._link(is_start, is_backward=is_backward, is_end=text == END, has_more=has_more)
        self._count(request, is_whole=is_start and not has_more, looks=looks)

    def _read(self, order: Order, parts: Sequence[Q], wanted: int) -> tuple[list[Any], int]:
        """Read part after part until there is enough; what belongs to the rows is loaded once for all parts."""
        rows: list[Any] = []
        looks = 0
        # What a search has found is little: better all of it is fetched and sorted than the whole list walked for it.
        names = order.sorted_names if self.query.strip() else order.names
        for part in parts:
            found = self.queryset.filter(part).order_by(*names).prefetch_related(None)
            rows += found[: wanted - len(rows)]
            looks += 1
            if len(rows) >= wanted:
                break
        # One more row than shown tells of a next page; nothing needs to be loaded for it.
        wanted_too = self.queryset._prefetch_related_lookups  # noqa: SLF001 - no other way
        prefetch_related_objects(rows[: wanted - 1], *wanted_too)
        return rows, looks

    def _link(self, is_start: bool, *, is_backward: bool, is_end: bool, has_more: bool) -> None:
        """Say where further pages begin; None where there is none."""
        rows: list[Any] = self.result_list
        has_previous = has_more if is_backward else not is_start
        has_next = not is_end if is_backward else has_more
        self.first_url = self.get_query_string() if has_previous else None
        self.previous_url = self._url(BEFORE_VAR, rows[0]) if has_previous and rows else None
        self.next_url = self._url(AFTER_VAR, rows[-1]) if has_next and rows else None
        self.last_url = self.get_query_string({BEFORE_VAR: END}) if has_next else None

    def _count(self, request: HttpRequest, *, is_whole: bool, looks: int) -> None:
        """Set what templates read.

        A page that took two looks is not counted, nor is a search of more than a page: it would be a query too many.
        Where the number is not known, Django's "Select all … accounts" would say a wrong one, and is not offered:
        it is offered where there are other rows than those of the page.
        """
        model_admin: Any = self.model_admin
        paginator = model_admin.get_paginator(request, self.queryset, self.list_per_page)
        may_count = looks == 1 and not self.query.strip() and model_admin.may_count(request)
        self.is_counted = is_whole or may_count
        if is_whole or not self.is_counted:
            paginator.known = len(self.result_list)
        self.paginator = paginator
        is_exact = is_whole or not paginator.is_capped
        self.result_count = paginator.count if is_exact else len(self.result_list)
        # Beside the search stands "… results", in the bar of Unfold as well, unless these two are the same.
        self.full_result_count = None if self.is_counted and is_exact else self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.page_num = 1  # Django's tag asks for it; there are no numbers.
        self.can_show_all = paginator.count <= self.list_max_show_all and self.is_counted
        self.multi_page = not is_whole

    def _url(self, name: str, row: Any) -> str:
        return str(self.get_query_string({name: self._text(row)}))

    def _text(self, row: Any) -> str:
        """Name a row for a link.

        A value that is an empty text keeps its comma, so it is told from NULL.
        """
        if self.order.column == "pk":
            return str(row.pk)
        value = getattr(row, self.order.column)
        if value is None:
            return str(row.pk)
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        return f"{row.pk},{text}"

    def _key(self, text: str) -> Key:
        """Read what ``_text`` wrote.

        Raises:
            IncorrectLookupParameters: somebody typed something else.
        """
        pk, comma, value = text.partition(",")
        try:
            if not comma or self.order.column == "pk":
                return Key(int(pk))
            if "\x00" in value:
                raise ValueError("NUL is in no column.")
            return Key(int(pk), _field(self.queryset, self.order.column).to_python(value))
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error

    def _order(self, request: HttpRequest, queryset: QuerySet[Any]) -> Order:
        chosen = self._chosen_column()
        if chosen is not None:
            _place, column, is_descending = chosen
        else:
            usual: Any = self.model_admin.get_ordering(request) or self.lookup_opts.ordering
            first = next(iter(usual), "-pk")
            column, is_descending = first.removeprefix("-"), first.startswith("-")
        if column in {"pk", self.lookup_opts.pk.name}:
            return Order("pk", is_descending)
        features = connections[queryset.db].features
        return Order(
            column, is_descending, _field(queryset, column).null or column in queryset.query.annotations,
            features.nulls_order_largest,
        )  # fmt: skip

    def _chosen_column(self) -> tuple[int, str, bool] | None:
        """Give the first column of ``?o=`` that may sort: its place, its field, and whether it descends."""
        for part in self.params.get(ORDER_VAR, "").split("."):
            _none, sign, number = part.rpartition("-")
            if not number.isascii() or not number.isdigit() or int(number) >= len(self.list_display):
                continue
            name = self.list_display[int(number)]
            field = self.get_ordering_field(name)
            if isinstance(field, str) and (self.sortable_by is None or name in self.sortable_by):
                return int(number), field, sign == "-"
        return None


def _null(column: str) -> Q:
    return Q(**{f"{column}__isnull": True})


def _field(queryset: QuerySet[Any], column: str) -> Field[Any, Any]:
    """Give the field of a column, or of an annotation."""
    annotation: Any = queryset.query.annotations.get(column)
    if annotation is not None:
        found: Field[Any, Any] = annotation.output_field
        return found
    field: Any = queryset.model._meta.get_field(column)
    return field  # type: ignore[no-any-return]
