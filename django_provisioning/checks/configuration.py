"""The settings dict: known keys, right types, and dotted paths that lead somewhere."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from ..conf import NAME, SETTINGS, settings
from ..lifecycle.request_log import MODES
from ..lifecycle.tokens import LONGEST_LIFETIME_DAYS
from ..scim.throttling import parse_rate
from .problems import Problems

_RATES = ("THROTTLE", "AUTHENTICATION_FAILURES")
_MAY_BE_ZERO = frozenset({"TRUSTED_PROXIES", "TOKEN_OVERLAP_HOURS", "MAX_GROUP_MEMBERS_RETURNED"})


def settings_are_known_and_typed() -> Problems:
    """E001: the dict has only known keys, with values of the right type and form."""
    configured = getattr(django_settings, NAME, {})
    if not isinstance(configured, dict):
        yield f"{NAME} must be a dict, not {type(configured).__name__}.", "See the settings reference."
        return
    for key, value in configured.items():
        if key not in SETTINGS:
            yield f"{NAME} has no setting {key!r}.", f"Known settings: {', '.join(sorted(SETTINGS))}."
        elif not _has_type(value, SETTINGS[key].types):
            yield f"{NAME}[{key!r}] is {type(value).__name__}.", f"It must be {_names(SETTINGS[key].types)}."
        else:
            yield from _form_problems(key, value)


def _has_type(value: object, types: tuple[type, ...]) -> bool:
    """Whether the value has one of the types; True is an int to Python, and a mistake here."""
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


def _names(types: tuple[type, ...]) -> str:
    return " or ".join("None" if type_ is type(None) else type_.__name__ for type_ in types)


def _form_problems(key: str, value: Any) -> Problems:
    """Yield what is wrong with a value of the right type."""
    if key in _RATES and value is not None:
        try:
            parse_rate(value)
        except ValueError as error:
            yield f"{NAME}[{key!r}]: {error}", "Or None for no limit."
    elif type(value) is int and value < (0 if key in _MAY_BE_ZERO else 1):
        yield f"{NAME}[{key!r}] is {value}.", "It must be at least " + ("0." if key in _MAY_BE_ZERO else "1.")
    elif key == "TOKEN_LIFETIME_DAYS" and value > LONGEST_LIFETIME_DAYS:
        yield f"{NAME}[{key!r}] is {value}.", f"A token lives at most {LONGEST_LIFETIME_DAYS} days."
    elif key == "TOKEN_PREFIX" and not re.fullmatch(r"[A-Za-z0-9]{1,20}", value):
        yield (
            f"{NAME}[{key!r}] is {value!r}.",
            "Use 1 to 20 letters and digits: tokens would not be recognised.",
        )
    elif key == "REQUEST_LOG" and value not in MODES:
        yield f"{NAME}[{key!r}] is {value!r}.", f"It must be one of {', '.join(map(repr, MODES))}."
    elif key == "SITE_URL" and value is not None and not _is_origin(value):
        yield f"{NAME}[{key!r}] is {value!r}.", "Write scheme and host alone, e.g. 'https://app.example.com'."


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and parts.path in {"", "/"}
        and not parts.query
    )


def dotted_paths_are_importable() -> Problems:
    """E002: whatever the settings name by a dotted path exists."""
    named = [(f"EXTENSIONS[{name!r}]", paths) for name, paths in settings.EXTENSIONS.items()]
    named += [
        (key, getattr(settings, key))
        for key in ("RESOURCE_TYPES", "REVOKERS", "ME_AUTHENTICATION_CLASSES", "SELFTEST_PROBES")
    ]
    named += [(f"HANDLERS[{name!r}]", [path]) for name, path in settings.HANDLERS.items()]
    for name in settings.HANDLERS:
        if name not in ("User", "Group"):
            yield (
                f"{NAME}: HANDLERS names the resource type {name!r}.",
                "It takes 'User' and 'Group'; others go to RESOURCE_TYPES.",
            )
    for key, paths in named:
        if not isinstance(paths, list | tuple):
            yield f"{NAME}: {key} is {type(paths).__name__}.", "It must be a list of dotted paths."
            continue
        for path in paths:
            if problem := _import_problem(path):
                yield (
                    f"{NAME}: {key} names {path!r}, which cannot be imported: {problem}",
                    "Correct the path.",
                )


def _import_problem(path: object) -> str:
    if not isinstance(path, str):
        return "it is no text."
    try:
        import_string(path)
    except ImportError as error:
        return str(error)
    return ""
