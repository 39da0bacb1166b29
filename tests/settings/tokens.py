"""The suite of the revokers: every token package that has one, installed for real."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS
from tests.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

INSTALLED_APPS = [
    *BASE_APPS,
    "rest_framework.authtoken",
    "knox",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_agent_trust",
    "channels",
    "tests.apps.keys",
]
MIDDLEWARE = [
    *BASE_MIDDLEWARE,
    "allauth.account.middleware.AccountMiddleware",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
ROOT_URLCONF = "tests.tokens.urls"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
SIMPLE_JWT = {
    "SIGNING_KEY": "only-for-the-test-suite-and-long-enough-for-its-algorithm",
    "TOKEN_REFRESH_SERIALIZER": "django_provisioning.guard.simplejwt.GuardedTokenRefreshSerializer",
    "TOKEN_VERIFY_SERIALIZER": "django_provisioning.guard.simplejwt.GuardedTokenVerifySerializer",
}
OAUTH2_PROVIDER = {
    "SCOPES": {"read": "Read", "write": "Write", "openid": "Log in"},
    "PKCE_REQUIRED": False,
    # The tests change the validator.
    "ALWAYS_RELOAD_OAUTHLIB_CORE": True,
}
