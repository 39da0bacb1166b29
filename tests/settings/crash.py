"""The settings of the processes that are killed: a database that outlives them, tokens, and a revoker outside of it."""

from __future__ import annotations

import os

import dj_database_url

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = [*BASE_APPS, "rest_framework.authtoken"]
ROOT_URLCONF = "tests.crash.urls"

_OPTIONS = {
    # The death of a process loses nothing that was written; only the machine's would, and nobody pulls its plug.
    "django.db.backends.sqlite3": {
        "timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous=OFF",
    },
    "django.db.backends.mysql": {"charset": "utf8mb4"},
}  # fmt: skip
_database = dict(dj_database_url.parse(os.environ["CRASH_DATABASE_URL"]))
DATABASES = {"default": {**_database, "OPTIONS": _OPTIONS.get(str(_database["ENGINE"]), {})}}
DJANGO_PROVISIONING = {"REVOKERS": ["tests.crash.badges.BadgeRevoker"], "THROTTLE": None}
