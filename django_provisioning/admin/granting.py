"""What a connection hands out at a login, held against what the person has who sets it up.

Whoever may change a connection may name an identity provider of their own, so a group that it gives to new accounts
is a group that this person could get.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission

from ..conf import settings
from ..models.membership import group_model


def groups_beyond(person: Any, names: Iterable[str]) -> list[str]:
    """Name the groups among these that grant a permission which the person lacks; none to a superuser [0-2 queries]."""
    wanted = sorted(set(names))
    if not wanted or getattr(person, "is_superuser", False):
        return []
    field = settings.GROUP_NAME_FIELD
    groups = group_model()._default_manager.filter(**{f"{field}__in": wanted})
    relation = next(
        (one.name for one in group_model()._meta.many_to_many if one.related_model is Permission), None
    )
    if relation is None:  # A group model of the project, whose rights only the project knows.
        return []
    granted = groups.filter(**{f"{relation}__isnull": False}).values_list(
        field, f"{relation}__content_type__app_label", f"{relation}__codename"
    )
    return sorted({name for name, app, codename in granted if not person.has_perm(f"{app}.{codename}")})
