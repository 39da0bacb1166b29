"""A project on django-scim2-server, whose SCIM users and groups are tables beside Django's."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = [*BASE_APPS, "django_scim2_server"]
ROOT_URLCONF = "tests.django_scim2.urls_django_scim2_server"
