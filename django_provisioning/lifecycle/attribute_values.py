"""Keeps the ``AttributeValue`` rows of an identity or group link equal to its document.

Usually one statement: changed and new leaves are upserted; only leaves that are gone cost a second one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections
from django.db.models import Q

from ..mapping.users import primary_positions
from ..models import AttributeValue, GroupLink, Identity
from ..models.attribute_value import PREFIX_LENGTH
from ..protocol.leaves import Leaf, leaves
from ..protocol.schema import ResourceType
from .transactions import database

# These are columns of their own, or computed.
_COLUMNS = frozenset(
    {
        "id",
        "externalId",
        "userName",
        "active",
        "displayName",
        "meta",
        "schemas",
        "groups",
        "members",
        "password",
    }
)
_USER_SKIP = _COLUMNS - {"displayName"}
_KEY = ("root", "position", "sub")
_BATCH = 500
# SQLite takes no expression deeper than 1,000.
_DELETE_BATCH = 200


def store(
    owner: Identity | GroupLink, old: Mapping[str, Any], new: Mapping[str, Any], resource_type: ResourceType
) -> None:
    """Bring the rows from the old attributes to the new ones [0-2 queries, more for very long documents]."""
    before = _rows(owner, old, resource_type)
    after = _rows(owner, new, resource_type)
    gone = before.keys() - after.keys()
    changed = [row for key, row in after.items() if key not in before or _differs(before[key], row)]
    if gone:
        _delete(owner, sorted(gone))
    if changed:
        _upsert(owner, changed)


def store_new(owners: Sequence[Identity] | Sequence[GroupLink], resource_type: ResourceType) -> None:
    """Write the rows of owners that have none yet [1 query for every 500 values, more on SQLite]."""
    rows = [row for owner in owners for row in _rows(owner, owner.attributes, resource_type).values()]
    AttributeValue.objects.bulk_create(rows, batch_size=_BATCH)


def forget(owners: Sequence[Identity] | Sequence[GroupLink]) -> None:
    """Delete all rows of these owners, before ``store_new`` writes them anew [1 query]."""
    column = "identity" if isinstance(owners[0], Identity) else "group_link"
    AttributeValue.objects.filter(**{f"{column}__in": [owner.pk for owner in owners]}).delete()


def _rows(
    owner: Identity | GroupLink, attributes: Mapping[str, Any], resource_type: ResourceType
) -> dict[tuple[str, int, str], AttributeValue]:
    skip = _USER_SKIP if isinstance(owner, Identity) else _COLUMNS
    primaries = primary_positions(attributes)
    column = {"identity": owner} if isinstance(owner, Identity) else {"group_link": owner}
    return {
        (leaf.root, leaf.position, leaf.sub): _row(leaf, (leaf.root, leaf.position) in primaries, column)
        for leaf in leaves(dict(attributes), resource_type, skip)
    }


def _row(leaf: Leaf, is_primary: bool, column: Mapping[str, Any]) -> AttributeValue:
    return AttributeValue(
        root=leaf.root, position=leaf.position, sub=leaf.sub, prefix=leaf.text[:PREFIX_LENGTH], value=leaf.text,
        is_primary=is_primary, **column,
    )  # fmt: skip


def _differs(one: AttributeValue, other: AttributeValue) -> bool:
    return one.value != other.value or one.is_primary != other.is_primary


def _delete(owner: Identity | GroupLink, keys: Sequence[tuple[str, int, str]]) -> None:
    for start in range(0, len(keys), _DELETE_BATCH):
        condition = Q()
        for key in keys[start : start + _DELETE_BATCH]:
            condition |= Q(**dict(zip(_KEY, key, strict=True)))
        owner.values.filter(condition).delete()


def _upsert(owner: Identity | GroupLink, rows: list[AttributeValue]) -> None:
    features = connections[database()].features
    owner_column = "identity" if isinstance(owner, Identity) else "group_link"
    target = (owner_column, *_KEY) if features.supports_update_conflicts_with_target else None
    AttributeValue.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        update_fields=["prefix", "value", "is_primary"],
        unique_fields=target,
    )
