"""Reads what django-scim2-server kept: its tables beside Django's users and groups, one row for each resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from ..conf import GROUP_MODEL_NAME, group_model_label
from ..exceptions import ValueRefused
from ..lifecycle.group_imports import Group
from ..lifecycle.imports import Finding, Person
from ..mapping import groups, users
from ..models.membership import group_model
from ..protocol.schema import ResourceType
from .reading import Batch, Unreadable, batches, read, shared_values


class DjangoScim2ServerSource:
    """The rows of SCIMUser and SCIMGroup; every one of them was written by a directory."""

    def __init__(self) -> None:
        app = apps.get_app_config("django_scim2_server")
        user_rows: Any = app.get_model("SCIMUser")
        group_rows: Any = app.get_model("SCIMGroup")
        if group_rows._meta.get_field("group").related_model is not group_model():
            raise ImproperlyConfigured(
                f"django-scim2-server serves auth.Group and this package {group_model_label()}. "
                f"They must be the same: leave {GROUP_MODEL_NAME} out."
            )
        self.user_rows = user_rows._default_manager.select_related("user")
        self.group_rows = group_rows._default_manager.select_related("group")

    def number_of_people(self) -> tuple[int, int]:
        """Give how many people there are; none is left out [1 query]."""
        return self.user_rows.count(), 0

    def number_of_groups(self) -> tuple[int, int]:
        """Give how many groups there are; none is left out [1 query]."""
        return self.group_rows.count(), 0

    def people(self, size: int, resource_type: ResourceType) -> Iterator[Batch[Person]]:
        """Give the people in batches [2 queries each]."""
        for rows in batches(self.user_rows, size):
            batch: Batch[Person] = Batch(read=len(rows))
            batch.shared = shared_values(self.user_rows, "external_id", [row.external_id for row in rows])
            for row in rows:
                try:
                    batch.rows.append(_person(row, resource_type, batch))
                except (Unreadable, ValueRefused) as error:
                    batch.findings.append(Finding("skipped", row.scim_username, str(error)))
            yield batch

    def groups(self, size: int, resource_type: ResourceType) -> Iterator[Batch[Group]]:
        """Give the groups in batches [2 queries each]."""
        for rows in batches(self.group_rows, size):
            batch: Batch[Group] = Batch(read=len(rows))
            batch.shared = shared_values(self.group_rows, "external_id", [row.external_id for row in rows])
            for row in rows:
                try:
                    batch.rows.append(_group(row, resource_type, batch))
                except (Unreadable, ValueRefused) as error:
                    batch.findings.append(Finding("skipped", row.display_name, str(error)))
            yield batch


def _person(row: Any, resource_type: ResourceType, batch: Batch[Any]) -> Person:
    user = row.user
    live = user.get_username()
    if row.scim_username != live:
        detail = f"scim_username still says {row.scim_username!r}; the live value {live!r} is taken."
        batch.findings.append(Finding("stale_name", live, detail))
    if row.active != user.is_active:
        detail = f"active still says {row.active}; the live value {user.is_active} is taken."
        batch.findings.append(Finding("stale_active", live, detail))
    document = {
        "schemas": [resource_type.schema.id],
        "externalId": row.external_id,
        "userName": live,
        "active": user.is_active,
        "name": {"givenName": user.first_name, "familyName": user.last_name},
        "emails": [{"value": user.email, "primary": True}] if user.email else [],
    }
    changes = users.changes_of(read(document, resource_type).document, present=user.is_active)
    return Person(user, str(row.pk), changes, row.created)


def _group(row: Any, resource_type: ResourceType, batch: Batch[Any]) -> Group:
    live = row.group.name
    if row.display_name != live:
        detail = f"display_name still says {row.display_name!r}; the live value {live!r} is taken."
        batch.findings.append(Finding("stale_name", live, detail))
    document = {"schemas": [resource_type.schema.id], "externalId": row.external_id, "displayName": live}
    changes = groups.changes_of(read(document, resource_type).document)
    return Group(row.group, str(row.pk), changes, made=True)
