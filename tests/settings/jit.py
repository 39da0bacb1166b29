"""The suite of the login door: djangosaml2 and mozilla-django-oidc with our backends.

``TEST_USER_MODEL`` is ``default``, ``uuid_user`` or ``email_user``. The addresses of the providers are not here: the
fixtures of ``tests/jit`` start them and say where they are.
"""

from __future__ import annotations

import os

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS
from tests.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

_USER_MODELS = {
    "default": ("auth.User", []),
    "uuid_user": ("uuid_users.Person", ["tests.apps.uuid_users"]),
    "email_user": ("email_users.Member", ["tests.apps.email_users"]),
}
AUTH_USER_MODEL, _apps = _USER_MODELS[os.environ.get("TEST_USER_MODEL") or "default"]

INSTALLED_APPS = [*_apps, *BASE_APPS, "djangosaml2", "mozilla_django_oidc"]
MIDDLEWARE = [
    *BASE_MIDDLEWARE,
    "django_provisioning.guard.GuardMiddleware",
    "djangosaml2.middleware.SamlSessionMiddleware",
]
ROOT_URLCONF = "tests.jit.urls"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "django_provisioning.jit.saml.SamlProvisioningBackend",
    "django_provisioning.jit.oidc.OIDCProvisioningBackend",
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/whoami/"
LOGOUT_REDIRECT_URL = "/"
ACS_DEFAULT_REDIRECT_URL = "/whoami/"
DJANGO_PROVISIONING = {"SUPPORT_CONTACT": "the service desk"}

SAML_CSP_HANDLER = ""
SAML_CONFIG_LOADER = "tests.jit.service_provider.sp_config"
SAML_ACS_FAILURE_RESPONSE_FUNCTION = "django_provisioning.jit.pages.saml_refused"
SAML_ATTRIBUTE_MAPPING = {
    "uid": ("username",),
    "mail": ("email",),
    "givenName": ("first_name",),
    "sn": ("last_name",),
}
# Without TLS a browser drops a cookie that says SameSite=None.
SAML_SESSION_COOKIE_SAMESITE = "Lax"

OIDC_CALLBACK_CLASS = "django_provisioning.jit.oidc.CallbackView"
OIDC_RP_CLIENT_ID = "suite"
OIDC_RP_CLIENT_SECRET = "made-up-secret"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid email profile"
OIDC_USE_PKCE = True
OIDC_OP_ISSUER = "http://openid.invalid"
OIDC_OP_AUTHORIZATION_ENDPOINT = f"{OIDC_OP_ISSUER}/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{OIDC_OP_ISSUER}/token"
OIDC_OP_USER_ENDPOINT = f"{OIDC_OP_ISSUER}/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{OIDC_OP_ISSUER}/jwks"
