"""The suite on a user whose primary key is a UUID."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = ["tests.apps.uuid_users", *BASE_APPS]
AUTH_USER_MODEL = "uuid_users.Person"
