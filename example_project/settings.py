"""Settings of the example project; the environment says where it runs.

=================  ==================================================================================
DATABASE_URL       sqlite:///…, postgres://… or mysql://…; by default an SQLite file in this folder
SECRET_KEY         needed when DEBUG=0
DEBUG              1 (default, for trying things out) or 0
ALLOWED_HOSTS      comma-separated; by default this machine and the host of SITE_URL
SITE_URL           scheme and host that identity providers use, e.g. https://app.example.com
CACHE_URL          locmem:// (default), redis://host:port/db or file:///path; with SSO the default is a
                   folder, because processes must share what they know of used assertions
SESSION_ENGINE     db (default), cache, cached_db, file, signed_cookies, or a dotted path
SCIM_THROTTLE      "off" for no request limit per connection
CONN_MAX_AGE       seconds to keep a database connection open (60; not for SQLite)
SUPPORT_CONTACT    whom people are told to ask when their login is refused
EXAMPLE_PROBES     1 to install every token package and to hand tokens out, for tests from outside; off by default
=================  ==================================================================================

Single sign-on is off until the environment names an identity provider; the connection that trusts it is made by
``manage.py provisioning_create_connection``.

============================  =======================================================================
OIDC_OP_ISSUER                the provider, as its tokens name it; switches OpenID Connect on
OIDC_OP_…_ENDPOINT            its AUTHORIZATION, TOKEN, USER and JWKS endpoints
OIDC_RP_CLIENT_ID, …_SECRET   what the provider knows this site by; its redirect URI is /oidc/callback/
OIDC_RP_SIGN_ALGO             RS256 (default) or what else signs the ID tokens
OIDC_RP_SCOPES                "openid email profile" (default)
OIDC_VERIFY_KID               0 where the provider's tokens name no key; 1 by default
SAML_IDP_METADATA             comma-separated metadata files, one per IdP; switches SAML on; needs xmlsec1
SAML_ALLOW_UNSOLICITED        1 to let a login start at the IdP; 0 by default
SITE_URL                      see above; the SAML endpoints are /saml2/… on it
============================  =======================================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from example_project import environment

BASE_DIR = Path(__file__).resolve().parent

DEBUG = environment.flag("DEBUG", default=True)
SECRET_KEY = environment.secret_key(debug=DEBUG)
SITE_URL = environment.site_url()
ALLOWED_HOSTS = environment.allowed_hosts(SITE_URL)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_provisioning",
    "example_project",  # Its admin.py puts the provisioning mixin before Django's page of users.
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_provisioning.guard.GuardMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": environment.database(BASE_DIR / "example.sqlite3")}
SAML_IDP_METADATA = environment.files("SAML_IDP_METADATA")
# Assertions and logout tokens are taken once, which every server process has to know.
_has_sso = bool(SAML_IDP_METADATA or environment.text("OIDC_OP_ISSUER"))
_cache_url = environment.shared_cache_url(BASE_DIR / ".cache") if _has_sso else "locmem://"
CACHES = {"default": environment.cache(_cache_url)}
SESSION_ENGINE = environment.session_engine()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/whoami/"
LOGOUT_REDIRECT_URL = "index"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
# Static files are served from the apps themselves: nothing to collect before the first start.
WHITENOISE_USE_FINDERS = True

# Cookies follow the scheme that visitors use; behind a TLS proxy that is SITE_URL's.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(SITE_URL and SITE_URL.startswith("https://"))
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []

DJANGO_PROVISIONING: dict[str, Any] = {
    "SITE_URL": SITE_URL,
    "SUPPORT_CONTACT": environment.text("SUPPORT_CONTACT") or None,
}
if environment.text("SCIM_THROTTLE").lower() == "off":
    DJANGO_PROVISIONING["THROTTLE"] = None

if environment.text("OIDC_OP_ISSUER") or environment.text("OIDC_RP_CLIENT_ID"):
    _reason = "it is part of the OpenID provider that the environment begins to describe"
    INSTALLED_APPS += ["mozilla_django_oidc"]
    AUTHENTICATION_BACKENDS += ["django_provisioning.jit.oidc.OIDCProvisioningBackend"]
    OIDC_CALLBACK_CLASS = "django_provisioning.jit.oidc.CallbackView"
    OIDC_OP_ISSUER = environment.required("OIDC_OP_ISSUER", _reason)
    OIDC_OP_AUTHORIZATION_ENDPOINT = environment.required("OIDC_OP_AUTHORIZATION_ENDPOINT", _reason)
    OIDC_OP_TOKEN_ENDPOINT = environment.required("OIDC_OP_TOKEN_ENDPOINT", _reason)
    OIDC_OP_USER_ENDPOINT = environment.required("OIDC_OP_USER_ENDPOINT", _reason)
    OIDC_OP_JWKS_ENDPOINT = environment.text("OIDC_OP_JWKS_ENDPOINT")
    OIDC_RP_CLIENT_ID = environment.required("OIDC_RP_CLIENT_ID", _reason)
    OIDC_RP_CLIENT_SECRET = environment.text("OIDC_RP_CLIENT_SECRET")
    OIDC_RP_SIGN_ALGO = environment.text("OIDC_RP_SIGN_ALGO", "RS256")
    OIDC_RP_SCOPES = environment.text("OIDC_RP_SCOPES", "openid email profile")
    OIDC_VERIFY_KID = environment.flag("OIDC_VERIFY_KID", default=True)
    OIDC_USE_PKCE = True
    OIDC_TIMEOUT = 10

if SAML_IDP_METADATA:
    INSTALLED_APPS += ["djangosaml2"]
    MIDDLEWARE += ["djangosaml2.middleware.SamlSessionMiddleware"]
    AUTHENTICATION_BACKENDS += ["django_provisioning.jit.saml.SamlProvisioningBackend"]
    SAML_CONFIG_LOADER = "example_project.service_provider.sp_config"
    SAML_ALLOW_UNSOLICITED = environment.flag("SAML_ALLOW_UNSOLICITED", default=False)
    SAML_ACS_FAILURE_RESPONSE_FUNCTION = "django_provisioning.jit.pages.saml_refused"
    SAML_DEFAULT_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    # The IdP's page posts the response here: over HTTPS the cookie of the pending login must say None for that;
    # over plain HTTP browsers drop such a cookie, but let one through that says nothing and is new.
    SAML_SESSION_COOKIE_SAMESITE = "None" if SESSION_COOKIE_SECURE else None
    # The site sends no Content-Security-Policy that djangosaml2 would have to adapt.
    SAML_CSP_HANDLER = ""

if environment.flag("EXAMPLE_PROBES", default=False):
    EXAMPLE_PROBES = True
    INSTALLED_APPS += [
        "rest_framework.authtoken",
        "knox",
        "rest_framework_simplejwt",
        "rest_framework_simplejwt.token_blacklist",
        "oauth2_provider",
    ]
    # Each kind of token has a word of its own in the Authorization header, so that no class meets another's token.
    REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "django_provisioning.guard.simplejwt.GuardedJWTAuthentication",
            "rest_framework.authentication.TokenAuthentication",
            "knox.auth.TokenAuthentication",
            "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
            "rest_framework.authentication.SessionAuthentication",
        ]
    }
    REST_KNOX = {"AUTH_HEADER_PREFIX": "Knox"}
    SIMPLE_JWT = {
        "AUTH_HEADER_TYPES": ("JWT",),
        "TOKEN_REFRESH_SERIALIZER": "django_provisioning.guard.simplejwt.GuardedTokenRefreshSerializer",
    }
    OAUTH2_PROVIDER = {"OAUTH2_VALIDATOR_CLASS": "django_provisioning.guard.oauth.GuardedOAuth2Validator"}
