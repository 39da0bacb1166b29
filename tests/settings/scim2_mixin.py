"""A project on django-scim2 with its mixins, as that package's instructions have it."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = ["tests.apps.scim2_mixin", *BASE_APPS, "django_scim"]
AUTH_USER_MODEL = "scim2_mixin.User"
DJANGO_PROVISIONING_GROUP_MODEL = "scim2_mixin.Team"
ROOT_URLCONF = "tests.django_scim2.urls_django_scim"
SCIM_SERVICE_PROVIDER = {
    "SCHEME": "http",
    "NETLOC": "scim.example.com",
    "GROUP_MODEL": "tests.apps.scim2_mixin.models.Team",
    "AUTHENTICATION_SCHEMES": [{"type": "oauth2", "name": "OAuth 2", "description": "A token."}],
}
