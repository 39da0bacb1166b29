"""Policies as a command line writes them: ``name=value``, read by the type of the connection's field."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError
from django.db import models

from ..lifecycle.connections import POLICIES
from ..models import Connection

_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def policy(text: str) -> tuple[str, Any]:
    """Read ``session_max_age_seconds=28800``; an empty value or "none" clears what may be empty.

    Raises:
        CommandError: there is no such policy, or the value is not of its type.
    """
    name, separator, value = text.partition("=")
    name = name.strip()
    if not separator or name not in POLICIES:
        raise CommandError(
            f"{text!r} sets no policy; write NAME=VALUE with one of {', '.join(POLICIES)}.", returncode=2
        )
    field = Connection._meta.get_field(name)
    try:
        return name, _value(field, value.strip())
    except (ValueError, KeyError) as error:
        raise CommandError(f"{value!r} is no value of {name}.", returncode=2) from error


def _value(field: Any, text: str) -> Any:
    if field.null and text.lower() in ("", "none"):
        return None
    if field.blank and field.empty_strings_allowed and text.lower() == "none":
        return ""
    match field:
        case models.BooleanField():
            return _TRUTHS[text.lower()]
        case models.JSONField():
            return json.loads(text)
        case models.IntegerField():
            return int(text)
        case _:
            return text
