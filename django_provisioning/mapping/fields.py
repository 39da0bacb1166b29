"""Which user field holds which SCIM attribute, found by itself or said in the setting ``USER_MAPPING``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from ..conf import settings
from ..exceptions import ValueRefused
from ..protocol.comparison import fold

# Tried in this order for a user model that says nothing else; fields it does not have are left out.
_USUAL_FIELDS: Mapping[str, str] = {
    "name.givenName": "first_name",
    "name.familyName": "last_name",
    "displayName": "display_name",
}


@dataclass(frozen=True, slots=True)
class UserMap:
    """The mapping for one user model: ``fields`` maps an attribute path to a field name.

    ``login_field`` is USERNAME_FIELD: it gets the login name made from userName and is never read back, because
    ``Identity.user_name`` is what the IdP sees.
    """

    model: type[models.Model]
    login_field: str
    fields: Mapping[str, str]

    def field(self, name: str) -> models.Field[Any, Any]:
        """Give the model field of that name."""
        return self.model._meta.get_field(name)  # type: ignore[return-value]

    def login_max_length(self) -> int:
        """Longest login name that the user model stores."""
        return self.field(self.login_field).max_length or 255

    @property
    def columns(self) -> tuple[str, ...]:
        """User columns that a document is built from."""
        return ("is_active", *dict.fromkeys(self.fields.values()))


def user_map() -> UserMap:
    """Give the mapping of the present user model and settings."""
    configured = settings.USER_MAPPING or {}
    return _user_map(get_user_model(), tuple(sorted(configured.items())))


@lru_cache(maxsize=8)
def _user_map(model: type[Any], configured: tuple[tuple[str, str | None], ...]) -> UserMap:
    usual = dict(_USUAL_FIELDS)
    email = model.get_email_field_name() if hasattr(model, "get_email_field_name") else "email"
    if email != model.USERNAME_FIELD:
        usual["emails"] = email
    found = {path: name for path, name in usual.items() if _has_field(model, name)}
    merged = {**found, **dict(configured)}
    return UserMap(model, model.USERNAME_FIELD, {path: name for path, name in merged.items() if name})


def _has_field(model: type[models.Model], name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


LONGEST_KEY = 255
# Names end up in log lines, headers and exports, where a line break would begin a line of the client's own.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def key_text(value: str, path: str) -> str:
    """Give a text that a key column must hold whole: cut short it would be somebody else's.

    Raises:
        ValueRefused: it is longer than 255 characters, or holds a line break or another control character.
    """
    if _CONTROLS.search(value):
        raise ValueRefused(f"{path} holds a line break or another control character.")
    if len(value) > LONGEST_KEY or len(fold(value)) > LONGEST_KEY:
        raise ValueRefused(f"{path} is longer than the {LONGEST_KEY} characters that can be stored.")
    return value


def external_id_of(document: Mapping[str, Any]) -> str | None:
    """Give the externalId of a document; an empty one is none."""
    return key_text(document.get("externalId", ""), "externalId") or None


def clean(field: models.Field[Any, Any], value: Any, path: str) -> Any:
    """Give the value as the field stores it; an absent value becomes the field's empty one.

    Raises:
        ValueRefused: the field cannot hold the value (type or length).
    """
    if value is None:
        return None if field.null else field.get_default() if field.has_default() else ""
    try:
        cleaned = field.to_python(value)
    except ValidationError as error:
        raise ValueRefused(f"{path} cannot be stored as {field.get_internal_type()}.") from error
    if field.max_length is not None and isinstance(cleaned, str) and len(cleaned) > field.max_length:
        raise ValueRefused(f"{path} is longer than the {field.max_length} characters that can be stored.")
    return cleaned
