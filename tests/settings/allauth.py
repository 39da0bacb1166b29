"""The suite on a project that logs in by django-allauth, through the adapter of ``jit.allauth``."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS
from tests.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

INSTALLED_APPS = [
    *BASE_APPS,
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.github",
]
MIDDLEWARE = [*BASE_MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
ROOT_URLCONF = "tests.jit_extras.urls_allauth"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_REDIRECT_URL = "/whoami/"

SOCIALACCOUNT_ADAPTER = "django_provisioning.jit.allauth.ProvisioningSocialAccountAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
# On purpose: allauth's own ways to somebody else's account are open, and the adapter has to close them.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "example",
                "name": "Example",
                "client_id": "app",
                "secret": "made-up",
                "settings": {"server_url": "http://127.0.0.1:9"},  # The tests set the real one.
            }
        ]
    },
    "github": {"APPS": [{"client_id": "app", "secret": "made-up"}]},
}
