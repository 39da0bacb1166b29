"""Reads what a project on django-scim2 kept: columns of its own user and group tables, through its own adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django_scim import utils
from django_scim.settings import scim_settings

from ..conf import GROUP_MODEL_NAME, group_model_label, settings
from ..exceptions import ValueRefused
from ..lifecycle.group_imports import Group
from ..lifecycle.imports import Finding, Person
from ..mapping import groups, users
from ..models.membership import group_model
from ..protocol.schema import ResourceType
from .adapters import is_own, pruned, without_relations
from .reading import Batch, Unreadable, batches, read, shared_values

_IGNORED_ALWAYS = frozenset({"id", "meta", "groups", "members", "schemas", "schemas missing"})


class DjangoScim2Source:
    """The project's users and groups as its adapters write them; ``everything`` also takes those SCIM never wrote."""

    def __init__(
        self,
        *,
        everything: bool,
        user_filter: Mapping[str, Any] | None = None,
        group_filter: Mapping[str, Any] | None = None,
    ) -> None:
        self.all_people = _rows_of(get_user_model(), utils.get_user_model(), user_filter or {})
        self.all_groups = _rows_of(group_model(), utils.get_group_model(), group_filter or {})
        self.user_adapter = without_relations(utils.get_user_adapter())
        self.group_adapter = without_relations(utils.get_group_adapter())
        self.some_people = self.all_people if everything else _written_by_scim(self.all_people)
        self.some_groups = self._served_groups(everything=everything)
        self.request = _request()

    def _served_groups(self, *, everything: bool) -> QuerySet[Any]:
        """Give the groups to take: none in a project that mixed in only its user, as django-scim2 served none."""
        model = self.all_groups.model
        if everything:
            can_answer = hasattr(model, "scim_external_id") or is_own(self.group_adapter, "to_dict")
            return self.all_groups if can_answer else self.all_groups.none()
        return _written_by_scim(self.all_groups) if _is_mixed_in(model) else self.all_groups.none()

    def number_of_people(self) -> tuple[int, int]:
        """Give how many people there are, and how many of them the import leaves out [2 queries]."""
        total = self.all_people.count()
        return total, total - self.some_people.count()

    def number_of_groups(self) -> tuple[int, int]:
        """Give how many groups there are, and how many of them the import leaves out [2 queries]."""
        total = self.all_groups.count()
        return total, total - self.some_groups.count()

    def people(self, size: int, resource_type: ResourceType) -> Iterator[Batch[Person]]:
        """Give the people in batches [2 queries each, and those of the project's own adapters]."""
        for rows in batches(self.some_people, size):
            batch: Batch[Person] = Batch(read=len(rows))
            for user in rows:
                try:
                    batch.rows.append(self._person(user, resource_type, batch))
                except Unreadable as error:
                    batch.findings.append(Finding("skipped", str(user), str(error)))
            found = [person.changes.external_id for person in batch.rows]
            batch.shared = _shared(self.some_people, found)
            yield batch

    def groups(self, size: int, resource_type: ResourceType) -> Iterator[Batch[Group]]:
        """Give the groups in batches [2 queries each, and those of the project's own adapters]."""
        for rows in batches(self.some_groups, size):
            batch: Batch[Group] = Batch(read=len(rows))
            for group in rows:
                try:
                    batch.rows.append(self._group(group, resource_type, batch))
                except Unreadable as error:
                    batch.findings.append(Finding("skipped", str(group), str(error)))
            batch.shared = _shared(self.some_groups, [group.changes.external_id for group in batch.rows])
            yield batch

    def _person(self, user: Any, resource_type: ResourceType, batch: Batch[Any]) -> Person:
        adapter = self.user_adapter(user, request=self.request)
        document = _document(adapter, resource_type, batch)
        changes = _translated(users.changes_of, document, present=user.is_active)
        _compare(batch, user, "scim_username", changes.user_name)
        return Person(user, id_of(adapter), changes, getattr(user, "date_joined", None))

    def _group(self, group: Any, resource_type: ResourceType, batch: Batch[Any]) -> Group:
        adapter = self.group_adapter(group, request=self.request)
        changes = _translated(groups.changes_of, _document(adapter, resource_type, batch))
        _compare(batch, group, "scim_display_name", changes.display_name)
        made = getattr(group, "scim_external_id", None) is not None
        return Group(group, id_of(adapter), changes, made)


def id_of(adapter: Any) -> str:
    """Give the id as the earlier server answered with it, "" where it had none (it wrote the word None then)."""
    if is_own(type(adapter), "id"):
        return "" if adapter.id in (None, "None") else str(adapter.id)
    stored = getattr(adapter.obj, adapter.id_field, None)
    return "" if stored in (None, "") else str(adapter.id)


def _request() -> HttpRequest:
    """Give adapters the request that they get behind our views: it names SITE_URL, or else django-scim2's NETLOC."""
    from .mapping import request_for  # noqa: PLC0415 - it reads ids by this module

    site = settings.SITE_URL or f"{scim_settings.SCHEME}://{getattr(scim_settings, 'NETLOC', 'localhost')}"
    return request_for(site.rstrip("/") + _prefix())


def _prefix() -> str:
    for name in ("scim:root", "django_provisioning:root"):
        try:
            return reverse(name).rstrip("/")
        except NoReverseMatch:
            continue
    return ""


def _rows_of(ours: type[Any], theirs: type[Any], conditions: Mapping[str, Any]) -> QuerySet[Any]:
    if theirs is not ours:
        raise ImproperlyConfigured(
            f"django-scim2 serves {theirs._meta.label} and this package {ours._meta.label}. They must be the same: "
            f"set AUTH_USER_MODEL, or {GROUP_MODEL_NAME} (now {group_model_label()!r})."
        )
    return ours._default_manager.filter(**conditions)  # type: ignore[no-any-return]


def _written_by_scim(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Restrict to what a directory has written: the mixins set these columns then, and nothing else does."""
    written = Q()
    if _has(rows.model, "scim_external_id"):
        written |= Q(scim_external_id__isnull=False)
    if _has(rows.model, "scim_username"):
        written |= Q(scim_username__isnull=False) & ~Q(scim_username="")
    if not written:
        raise ImproperlyConfigured(
            f"{rows.model._meta.label} has no column of the django-scim2 mixins, so what a directory wrote cannot be "
            "told from the rest. Import with --all, and --user-filter or --group-filter to choose."
        )
    return rows.filter(written)


def _is_mixed_in(model: Any) -> bool:
    return _has(model, "scim_external_id") or _has(model, "scim_username")


def _has(model: Any, name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _shared(rows: QuerySet[Any], values: list[str | None]) -> frozenset[str]:
    return (
        shared_values(rows, "scim_external_id", values)
        if _has(rows.model, "scim_external_id")
        else frozenset()
    )


def _document(adapter: Any, resource_type: ResourceType, batch: Batch[Any]) -> dict[str, Any]:
    try:
        document = pruned(adapter.to_dict())
    except Exception as error:
        raise Unreadable(
            f"{type(adapter).__name__}.to_dict() raised {type(error).__name__}: {error}"
        ) from error
    result = read(document, resource_type)
    batch.undeclared.update(name for name in result.ignored if name not in _IGNORED_ALWAYS)
    return result.document


def _translated(translate: Any, document: dict[str, Any], **facts: Any) -> Any:
    try:
        return translate(document, **facts)
    except ValueRefused as error:
        raise Unreadable(error.detail) from error


def _compare(batch: Batch[Any], row: Any, column: str, live: str) -> None:
    kept = getattr(row, column, None)
    if kept and kept != live:
        detail = f"{column} still says {kept!r}; the live value {live!r} is taken."
        batch.findings.append(Finding("stale_name", str(live), detail))
