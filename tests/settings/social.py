"""The suite on a project that logs in by social-auth-app-django, through the pipeline step of ``jit.social``."""

from __future__ import annotations

from tests.settings.base import *  # noqa: F403 - a settings module is its names
from tests.settings.base import INSTALLED_APPS as BASE_APPS
from tests.settings.base import MIDDLEWARE as BASE_MIDDLEWARE

INSTALLED_APPS = [*BASE_APPS, "social_django"]
MIDDLEWARE = [*BASE_MIDDLEWARE, "django_provisioning.jit.social.RefusedPageMiddleware"]
ROOT_URLCONF = "tests.jit_extras.urls_social"
AUTHENTICATION_BACKENDS = [
    "social_core.backends.open_id_connect.OpenIdConnectAuth",
    "social_core.backends.github.GithubOAuth2",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_REDIRECT_URL = "/whoami/"

SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = "http://127.0.0.1:9"  # The tests set the real one.
SOCIAL_AUTH_OIDC_KEY = "app"
SOCIAL_AUTH_OIDC_SECRET = "made-up"
SOCIAL_AUTH_PIPELINE = (
    "social_core.pipeline.social_auth.social_details",
    "social_core.pipeline.social_auth.social_uid",
    "social_core.pipeline.social_auth.auth_allowed",
    "social_core.pipeline.social_auth.social_user",
    "django_provisioning.jit.social.provision",
    "social_core.pipeline.social_auth.associate_user",
    "social_core.pipeline.social_auth.load_extra_data",
)
