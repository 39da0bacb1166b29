"""Rows in which every text that came from somebody else is a text that means harm."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from django_provisioning.models import AttributeValue

# Closes attribute and element, brings a script, an element with a handler, a link, a template, a format, a formula,
# letters that turn the line around or are not seen, and is long.
HOSTILE = (
    "=cmd()\"'><script data-injected>window.owned=1</script>"
    "<img data-injected src=/injected.png onerror=window.owned=1>"
    "<a data-injected href=javascript:window.owned=1>{{7*7}}{% debug %}%(x)s%n{0}</a></td></svg></title></script>"
    "\u202e\u2066\u200b\ufeff&#60;"
)
LONG = HOSTILE + "W" * (4_000 - len(HOSTILE))

# Words of our own, keys, and what a page needs to be found by; everything else came from outside.
_OURS = {
    "actor_type", "phase", "outcome", "subject_type", "subject_id", "digest", "origin", "state", "kind", "managed_by",
    "suspension", "path", "revoker", "saml_entity_id", "oidc_issuer", "group_prefix", "metric", "job",
}  # fmt: skip
_USERS = {"password"}


def make_hostile() -> None:
    """Fill every text column that does not hold a word or key of ours, past all that would refuse it."""
    for model in apps.get_app_config("django_provisioning").get_models():
        # The index of attributes is never shown, and its keys are cut from the texts.
        if model is not AttributeValue:
            _fill(model, _OURS)
    _fill(get_user_model(), _USERS)
    _fill(apps.get_model("auth", "Group"), set())


def _fill(model: type[models.Model], spared: set[str]) -> None:
    # A bare queryset: that of events refuses updates, and rightly so.
    rows: models.QuerySet[Any] = models.QuerySet(model)
    for row in rows.order_by("pk"):
        values = {
            field.attname: value
            for field in model._meta.concrete_fields
            if field.name not in spared and (value := _hostile(field, row)) is not None
        }
        if values:
            rows.filter(pk=row.pk).update(**values)


def _hostile(field: models.Field[Any, Any], row: models.Model) -> Any:
    if isinstance(field, models.SlugField | models.UUIDField) or field.choices or field.primary_key:
        return None
    if isinstance(field, models.JSONField):
        return _poisoned(field.value_from_object(row))
    if not isinstance(field, models.CharField | models.TextField):
        return None
    if field.null and not field.value_from_object(row):
        return None
    # The key of the row at the end keeps apart what has to be unique.
    end = f"{row.pk:06}"[-6:]
    return LONG[: (field.max_length or len(LONG)) - len(end)] + end


def _poisoned(value: Any) -> Any:
    """Give a document of the same shape whose texts mean harm."""
    match value:
        case dict():
            return {key: _poisoned(one) for key, one in value.items()}
        case list():
            return [_poisoned(one) for one in value]
        case str():
            return LONG
        case _:
            return value
