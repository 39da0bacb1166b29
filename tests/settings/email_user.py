"""The suite on a user that logs in by email and has no ``username`` field."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = ["tests.apps.email_users", *BASE_APPS]
AUTH_USER_MODEL = "email_users.Member"
