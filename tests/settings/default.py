"""The suite on Django's own ``auth.User``."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
