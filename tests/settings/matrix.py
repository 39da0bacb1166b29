"""A project with every login library and every token package that a leave has to end, configured as the docs say."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS
from tests.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

INSTALLED_APPS = [
    *BASE_APPS,
    "djangosaml2",
    "mozilla_django_oidc",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "rest_framework.authtoken",
    "knox",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "oauth2_provider",
]
MIDDLEWARE = [
    *BASE_MIDDLEWARE,
    "django_provisioning.guard.GuardMiddleware",
    "djangosaml2.middleware.SamlSessionMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "djangosaml2.backends.Saml2Backend",
    "django_provisioning.jit.saml.SamlProvisioningBackend",
    "mozilla_django_oidc.auth.OIDCAuthenticationBackend",
    "django_provisioning.jit.oidc.OIDCProvisioningBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ROOT_URLCONF = "tests.matrix.urls"
LOGIN_URL = "/login/"
SESSION_COOKIE_AGE = 600

SIMPLE_JWT = {
    "SIGNING_KEY": "only-for-the-test-suite-and-long-enough-for-its-algorithm",
    "TOKEN_REFRESH_SERIALIZER": "django_provisioning.guard.simplejwt.GuardedTokenRefreshSerializer",
}
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "django_provisioning.guard.oauth.GuardedOAuth2Validator",
    "SCOPES": {"read": "Read"},
}

OIDC_RP_CLIENT_ID = "suite"
OIDC_RP_CLIENT_SECRET = "made-up-secret"
OIDC_OP_AUTHORIZATION_ENDPOINT = "https://openid.invalid/authorize"
OIDC_OP_TOKEN_ENDPOINT = "https://openid.invalid/token"
OIDC_OP_USER_ENDPOINT = "https://openid.invalid/userinfo"
