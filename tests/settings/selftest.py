"""The suite of the self-test: a project with several logins and every token package that it can probe."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS
from tests.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

INSTALLED_APPS = [
    *BASE_APPS,
    "mozilla_django_oidc",
    "rest_framework.authtoken",
    "knox",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "oauth2_provider",
]
MIDDLEWARE = [*BASE_MIDDLEWARE, "django_provisioning.guard.GuardMiddleware"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "django_provisioning.jit.oidc.OIDCProvisioningBackend",
]
ROOT_URLCONF = "tests.selftest.urls"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "django_provisioning.guard.simplejwt.GuardedJWTAuthentication",
    ]
}
SIMPLE_JWT = {"SIGNING_KEY": "only-for-the-test-suite-and-long-enough-for-its-algorithm"}
DJANGO_PROVISIONING = {"EVIDENCE_KEY": "only-for-the-test-suite-and-long-enough"}

OIDC_RP_CLIENT_ID = "suite"
OIDC_RP_CLIENT_SECRET = "made-up-secret"
OIDC_OP_AUTHORIZATION_ENDPOINT = "https://openid.invalid/authorize"
OIDC_OP_TOKEN_ENDPOINT = "https://openid.invalid/token"
OIDC_OP_USER_ENDPOINT = "https://openid.invalid/userinfo"
