"""A project on django-scim2 with UUID keys, adapters of its own and their ``id_field``."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS

INSTALLED_APPS = ["tests.apps.scim2_uuid", *BASE_APPS, "django_scim"]
AUTH_USER_MODEL = "scim2_uuid.Employee"
DJANGO_PROVISIONING_GROUP_MODEL = "scim2_uuid.Squad"
ROOT_URLCONF = "tests.django_scim2.urls_django_scim"
SCIM_SERVICE_PROVIDER = {
    "SCHEME": "http",
    "NETLOC": "scim.example.com",
    "GROUP_MODEL": "tests.apps.scim2_uuid.models.Squad",
    "USER_ADAPTER": "tests.apps.scim2_uuid.adapters.EmployeeAdapter",
    "GROUP_ADAPTER": "tests.apps.scim2_uuid.adapters.SquadAdapter",
    "USER_FILTER_PARSER": "tests.apps.scim2_uuid.filters.EmployeeFilter",
    "AUTHENTICATION_SCHEMES": [{"type": "oauth2", "name": "OAuth 2", "description": "A token."}],
}
DJANGO_PROVISIONING = {
    "HANDLERS": {
        "User": "django_provisioning.scim2_bridge.handlers.BridgedUserHandler",
        "Group": "django_provisioning.scim2_bridge.handlers.BridgedGroupHandler",
    }
}
