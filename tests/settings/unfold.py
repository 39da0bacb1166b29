"""The pages under Unfold, which puts itself in the place of Django's admin site. It needs Python 3.12."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = ["unfold", *BASE_APPS]
