"""How requests travel: nothing secret in the clear, no error pages beside it."""

from __future__ import annotations

from django.conf import settings as django_settings

from ..conf import NAME, settings
from ..lifecycle.addresses import scim_base_url
from .problems import Problems


def scim_is_served_over_https() -> Problems:
    """W005: bearer tokens never travel in the clear."""
    if scim_base_url() is None or django_settings.SECURE_SSL_REDIRECT or settings.REQUIRE_HTTPS:
        return
    yield (
        "SCIM answers over plain HTTP, where anybody on the way can read the bearer token.",
        f"Set SECURE_SSL_REDIRECT, or {NAME}['REQUIRE_HTTPS'], with SECURE_PROXY_SSL_HEADER behind a proxy.",
    )


def debug_is_off_where_tokens_are_served() -> Problems:
    """W014: error pages with local variables are not shown beside bearer tokens."""
    if django_settings.DEBUG and scim_base_url() is not None:
        yield (
            "DEBUG is on and SCIM is served: error pages show requests of people and directories to anybody.",
            "Set DEBUG = False.",
        )
