"""Sort orders and keyset positions for lists (RFC 7644 §3.4.2.3, RFC 9865).

Every order ends with the primary key, so it is total and pages never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, F, OuterRef, Q, QuerySet, Subquery, Value, When

from ..models import AttributeValue
from ..protocol.errors import InvalidPath, InvalidValue
from ..protocol.path import AttributePath, resolve
from ..protocol.schema import ResourceType

_COLUMNS = {
    "id": "scim_id",
    "externalId": "external_id",
    "userName": "user_name_key",
    "displayName": "display_name_key",
    "meta.created": "created_at",
    "meta.lastModified": "updated_at",
}
# As it is read: the connection says so and the Django user is.
_ACTIVE = Case(
    When(active=True, user__is_active=True, then=Value(True)),
    default=Value(False),
    output_field=BooleanField(),
)
_COMPUTED = frozenset({"meta.location", "meta.version"})
_NOT_SORTABLE = frozenset({"groups", "members", "schemas"})
SORT_KEY = "sort_key"


@dataclass(frozen=True, slots=True)
class Ordering:
    """A sort path and direction; without a path the order is that of creation."""

    path: AttributePath | None = None
    descending: bool = False

    @classmethod
    def parse(cls, sort_by: str | None, *, descending: bool, resource_type: ResourceType) -> Ordering:
        """Resolve ``sortBy``; a complex attribute stands for its ``value``.

        Raises:
            InvalidValue: the attribute does not exist, is complex without a value, or is computed.
        """
        if not sort_by:
            return cls(None, False)
        try:
            path = resolve(sort_by, resource_type)
        except InvalidPath as error:
            raise InvalidValue(f"sortBy: {error.detail}") from error
        value = path.attribute.sub("value") if path.sub is None and path.attribute.is_complex else None
        path = path.child(value) if value else path
        is_unfit = path.target.is_complex or path.target.returned == "never"
        if is_unfit or path.root in _NOT_SORTABLE or path.key in _COMPUTED:
            raise InvalidValue(
                f"sortBy: resources cannot be sorted by {path.key!r}; name a simple attribute."
            )
        return cls(path, descending)

    def apply(self, queryset: QuerySet[Any], owner: str, columns: frozenset[str]) -> QuerySet[Any]:
        """Order the queryset, annotated with ``sort_key`` where there is a sort path.

        Resources without the value come last, and first when descending. ``owner`` is the column of
        AttributeValue, ``columns`` the attribute keys that are columns of this table.
        """
        if self.path is None:
            return queryset.order_by("pk")
        queryset = queryset.annotate(**{SORT_KEY: _expression(self.path, owner, columns)})
        key = F(SORT_KEY)
        if self.descending:
            return queryset.order_by(key.desc(nulls_first=True), "-pk")
        return queryset.order_by(key.asc(nulls_last=True), "pk")

    def after(self, queryset: QuerySet[Any], key: Any, pk: int) -> QuerySet[Any]:
        """Restrict an applied order to what follows the row with that sort key and primary key."""
        if self.path is None:
            return queryset.filter(pk__gt=pk)
        if self.descending:
            return queryset.filter(self._after_descending(key, pk))
        if key is None:
            return queryset.filter(**{f"{SORT_KEY}__isnull": True}, pk__gt=pk)
        return queryset.filter(
            Q(**{f"{SORT_KEY}__gt": key})
            | Q(**{SORT_KEY: key}, pk__gt=pk)
            | Q(**{f"{SORT_KEY}__isnull": True})
        )

    @staticmethod
    def _after_descending(key: Any, pk: int) -> Q:
        if key is None:
            return Q(**{f"{SORT_KEY}__isnull": True}, pk__lt=pk) | Q(**{f"{SORT_KEY}__isnull": False})
        return Q(**{f"{SORT_KEY}__lt": key}) | Q(**{SORT_KEY: key}, pk__lt=pk)


def _expression(path: AttributePath, owner: str, columns: frozenset[str]) -> Any:
    if path.key == "active":
        return _ACTIVE
    if path.key in columns:
        return F(_COLUMNS[path.key])
    leaves = AttributeValue.objects.filter(
        **{owner: OuterRef("pk")}, root=path.root, sub=path.sub.name if path.sub else ""
    )
    return Subquery(leaves.order_by("-is_primary", "position").values("value")[:1])


USER_SORT_COLUMNS = frozenset(_COLUMNS) - {"displayName"}
GROUP_SORT_COLUMNS = frozenset(_COLUMNS) - {"userName"}
