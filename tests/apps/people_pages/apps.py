"""The app's configuration."""

from __future__ import annotations

from django.apps import AppConfig


class PeoplePagesConfig(AppConfig):
    """Loaded after ``django.contrib.auth``, whose page of users it replaces."""

    name = "tests.apps.people_pages"
    label = "people_pages"
