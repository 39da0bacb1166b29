"""Where group membership is stored: the many-to-many table between the user model and the group model.

Works whichever side declares the relation (``User.groups`` or ``Team.members``) and with a custom through model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from ..conf import GROUP_MODEL_NAME, group_model_label


@dataclass(frozen=True, slots=True)
class MembershipTable:
    """The through model and the names of its two foreign keys; ``user_id`` and ``group_id`` are column names."""

    through: type[models.Model]
    user: str
    group: str

    @property
    def user_id(self) -> str:
        """Column name of the user's foreign key."""
        return f"{self.user}_id"

    @property
    def group_id(self) -> str:
        """Column name of the group's foreign key."""
        return f"{self.group}_id"

    @property
    def rows(self) -> models.QuerySet[Any]:
        """All memberships, unordered."""
        return self.through._base_manager.order_by()


def group_model() -> type[models.Model]:
    """Give the group model of the project."""
    return apps.get_model(group_model_label())


def membership_table() -> MembershipTable:
    """Give the membership table of the present user and group models.

    Raises:
        ImproperlyConfigured: no many-to-many relation joins the two models.
    """
    return _membership_table(get_user_model(), group_model())


@lru_cache(maxsize=8)
def _membership_table(user: type[models.Model], group: type[models.Model]) -> MembershipTable:
    for field in user._meta.many_to_many:
        if field.remote_field.model is group:
            return MembershipTable(_through(field), field.m2m_field_name(), field.m2m_reverse_field_name())
    for field in group._meta.many_to_many:
        if field.remote_field.model is user:
            return MembershipTable(_through(field), field.m2m_reverse_field_name(), field.m2m_field_name())
    raise ImproperlyConfigured(
        f"No many-to-many field joins {user._meta.label} and {group._meta.label}. "
        f"Set {GROUP_MODEL_NAME} to a group model that the user model has a relation to."
    )


def _through(field: models.ManyToManyField[Any, Any]) -> type[models.Model]:
    return cast("type[models.Model]", field.remote_field.through)
