"""Deletes token rows in a number of statements that does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import router
from django.db.models import CASCADE, DO_NOTHING, SET_NULL, Model, QuerySet
from django.db.models.signals import post_delete, pre_delete


def delete_rows(rows: QuerySet[Any]) -> int:
    """Delete the rows with what hangs on them, and give how many of the rows' own table.

    What chooses the rows must not look at what hangs on them, which goes first.

    Django's own deletion takes a statement per hundred rows as soon as another table refers to them, and a person may
    have thousands of tokens. Where somebody listens to the deletion of such a row, or a relation is kept by other
    rules than CASCADE and SET NULL, Django's own way is taken: nobody misses a signal for the sake of speed.
    """
    rows = rows.using(router.db_for_write(rows.model))
    if not _is_simple(rows.model, ()):
        return int(rows.delete()[1].get(rows.model._meta.label, 0))
    return _delete(rows)


def _delete(rows: QuerySet[Any]) -> int:
    for relation in _referring(rows.model):
        referring = relation.related_model._base_manager.using(rows.db).filter(
            **{f"{relation.field.name}__in": rows.values(relation.field.target_field.attname)}
        )
        if relation.on_delete is SET_NULL:
            referring.update(**{relation.field.name: None})
        elif relation.on_delete is CASCADE:
            _delete(referring)
    # None where Django sees by itself that no row can be meant.
    return int(rows._raw_delete(rows.db) or 0)  # noqa: SLF001 - Django's fast deletion


def _is_simple(model: type[Model], above: tuple[type[Model], ...]) -> bool:
    """Whether set SQL says all that Django would do: no listeners, no cycles, no rules of other kinds."""
    if (
        model in above
        or model._meta.parents
        or pre_delete.has_listeners(model)
        or post_delete.has_listeners(model)
    ):
        return False
    if any(hasattr(field, "bulk_related_objects") for field in model._meta.private_fields):
        return False
    return all(
        relation.on_delete in {SET_NULL, DO_NOTHING}
        or (relation.on_delete is CASCADE and _is_simple(relation.related_model, (*above, model)))
        for relation in _referring(model)
    )


def _referring(model: type[Model]) -> Iterator[Any]:
    """Yield the foreign keys of other tables to this one, hidden ones of many-to-many tables as well."""
    for field in model._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and (field.one_to_one or field.one_to_many):
            yield field
