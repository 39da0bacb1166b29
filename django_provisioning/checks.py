"""System checks as data: one function per id, one table at the end, tag ``provisioning``.

A function yields what is wrong as (text, hint); level, id and time of the check stand in the table. Those about
security run only under ``check --deploy``, those that read the database only with ``--database``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from .conf import GROUP_MODEL_NAME, NAME, SETTINGS, group_model_label, settings
from .lifecycle.addresses import scim_base_url
from .lifecycle.tokens import LONGEST_LIFETIME_DAYS
from .lifecycle.transactions import database
from .models import ConnectionToken
from .models.membership import group_model, membership_table
from .scim.throttling import parse_rate

Problem = tuple[str, str]
Problems = Iterator[Problem]

TAG = "provisioning"
_RATES = ("THROTTLE", "AUTHENTICATION_FAILURES")
_MAY_BE_ZERO = frozenset({"TRUSTED_PROXIES", "TOKEN_OVERLAP_HOURS", "MAX_GROUP_MEMBERS_RETURNED"})
_NEEDED_APPS = ("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions")
_PASSWORD_METHODS = ("set_unusable_password", "has_usable_password", "get_username")
_EXPIRES_SOON = timedelta(days=30)
_MOST_TOKENS_NAMED = 10


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
        (key, getattr(settings, key)) for key in ("RESOURCE_TYPES", "REVOKERS", "ME_AUTHENTICATION_CLASSES")
    ]
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


def user_and_group_models_fit() -> Problems:
    """E003: the user model can be activated, locked out and put into groups, and the mappings name real fields."""
    user = get_user_model()
    if not _has_column(user, "is_active"):
        yield f"{user._meta.label} has no field is_active.", "Without it nobody can be deactivated; add it."
    for method in _PASSWORD_METHODS:
        if not callable(getattr(user, method, None)):
            yield f"{user._meta.label} has no method {method}().", "Derive it from AbstractBaseUser."
    for path, name in (settings.USER_MAPPING or {}).items():
        if name is not None and not (isinstance(name, str) and _has_column(user, name)):
            yield (
                f"{NAME}['USER_MAPPING'] maps {path!r} to {name!r}.",
                f"{user._meta.label} has no such field.",
            )
    yield from _group_problems()


def _group_problems() -> Problems:
    label = group_model_label()
    try:
        group = group_model()
    except (LookupError, ValueError):
        yield f"{GROUP_MODEL_NAME} is {label!r}, which is no installed model.", "Write 'app_label.Model'."
        return
    if not _has_column(group, settings.GROUP_NAME_FIELD):
        yield f"{label} has no field {settings.GROUP_NAME_FIELD!r}.", f"Set {NAME}['GROUP_NAME_FIELD']."
    try:
        membership_table()
    except ImproperlyConfigured as error:
        yield str(error), "A user model gets one from PermissionsMixin."


def _has_column(model: Any, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


def needed_apps_are_installed() -> Problems:
    """E004: the Django apps that the tables and revokers rely on are there."""
    for name in _NEEDED_APPS:
        if not apps.is_installed(name):
            yield f"{name!r} is not in INSTALLED_APPS.", "Add it: django_provisioning relies on it."


def sessions_can_be_deleted() -> Problems:
    """W002: a session lives on the server, so that a leave can delete it."""
    if django_settings.SESSION_ENGINE == "django.contrib.sessions.backends.signed_cookies":
        yield (
            "Sessions live in signed cookies: a leave voids them, but cannot list or delete them.",
            "Use another SESSION_ENGINE, e.g. django.contrib.sessions.backends.cached_db.",
        )


def tokens_expire_and_not_soon() -> Problems:
    """W004: every live token has an expiry, more than 30 days away."""
    tables = connections[database()].introspection.table_names()
    if ConnectionToken._meta.db_table not in tables:
        return  # ``migrate`` runs the database checks before it makes the tables.
    now = timezone.now()
    live = ConnectionToken.objects.using(database()).filter(revoked_at=None, connection__enabled=True)
    due = live.filter(Q(expires_at=None) | Q(expires_at__gt=now, expires_at__lte=now + _EXPIRES_SOON))
    for token in due.select_related("connection").order_by("expires_at", "pk")[:_MOST_TOKENS_NAMED]:
        when = (
            "never expires" if token.expires_at is None else f"expires {token.expires_at:%Y-%m-%d %H:%M} UTC"
        )
        yield (
            f"Token {token.key_id} of connection {token.connection.slug!r} {when}.",
            f"Rotate it: manage.py provisioning_rotate_token {token.key_id}",
        )


def scim_is_served_over_https() -> Problems:
    """W005: bearer tokens never travel in the clear."""
    if scim_base_url() is None or django_settings.SECURE_SSL_REDIRECT or settings.REQUIRE_HTTPS:
        return
    yield (
        "SCIM answers over plain HTTP, where anybody on the way can read the bearer token.",
        f"Set SECURE_SSL_REDIRECT, or {NAME}['REQUIRE_HTTPS'], with SECURE_PROXY_SSL_HEADER behind a proxy.",
    )


def debug_is_off_where_tokens_are_served() -> Problems:
    """W014: error pages with local variables are not shown beside bearer tokens."""
    if django_settings.DEBUG and scim_base_url() is not None:
        yield (
            "DEBUG is on and SCIM is served: error pages show requests of people and directories to anybody.",
            "Set DEBUG = False.",
        )


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: the id says error or warning; ``reads_database`` and ``deploy`` say when it runs."""

    id: str
    find: Callable[[], Problems]
    deploy: bool = False
    reads_database: bool = False

    def run(self, databases: Sequence[str]) -> list[checks.CheckMessage]:
        """Give what is wrong as Django's messages."""
        if self.reads_database and database() not in databases:
            return []
        if self.find is not settings_are_known_and_typed and any(settings_are_known_and_typed()):
            return []  # Broken settings are reported by E001; nothing can be concluded from them.
        kind = checks.Error if self.id.startswith("E") else checks.Warning
        return [kind(text, hint=hint, id=f"django_provisioning.{self.id}") for text, hint in self.find()]


CHECKS = (
    Check("E001", settings_are_known_and_typed),
    Check("E002", dotted_paths_are_importable),
    Check("E003", user_and_group_models_fit),
    Check("E004", needed_apps_are_installed),
    Check("W002", sessions_can_be_deleted),
    Check("W004", tokens_expire_and_not_soon, reads_database=True),
    Check("W005", scim_is_served_over_https, deploy=True),
    Check("W014", debug_is_off_where_tokens_are_served, deploy=True),
)


def _register(check: Check) -> None:
    def run(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
        return check.run(databases or ())

    tags = (TAG, checks.Tags.security) if check.deploy else (TAG,)
    checks.register(run, *tags, deploy=check.deploy)


for _check in CHECKS:
    _register(_check)
