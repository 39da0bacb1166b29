"""Everything that is stored, as one value: equal before and after means that nothing was written."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from django_provisioning.models.membership import group_model, membership_table

# A request that authenticates may stamp the token once a minute.
_STAMPS = frozenset({"last_used_at", "last_used_ip"})

Rows = dict[str, list[tuple[Any, ...]]]


def stored_rows() -> Rows:
    """Give all rows of our tables, of the users, the groups and their memberships, by the table's label."""
    ours = apps.get_app_config("django_provisioning").get_models()
    tables: list[type[models.Model]] = [*ours, get_user_model(), group_model(), membership_table().through]
    return {model._meta.label: _rows(model) for model in tables}


def row_counts() -> dict[str, int]:
    """Give the number of rows of each of those tables."""
    return {label: len(rows) for label, rows in stored_rows().items()}


def _rows(model: type[models.Model]) -> list[tuple[Any, ...]]:
    columns = [field.attname for field in model._meta.concrete_fields if field.attname not in _STAMPS]
    rows = model._base_manager.order_by("pk").values_list(*columns)
    return [tuple(repr(value) for value in row) for row in rows]
