"""The suite of the ways to leave: one token package, so that a leave has more to end than sessions."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = [*BASE_APPS, "rest_framework.authtoken"]
ROOT_URLCONF = "tests.leaving.urls"
