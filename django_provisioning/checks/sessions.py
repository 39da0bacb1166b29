"""Sessions: whether a leave reaches them."""

from __future__ import annotations

from django.conf import settings as django_settings

from .problems import Problems


def sessions_can_be_deleted() -> Problems:
    """W002: a session lives on the server, so that a leave can delete it."""
    if django_settings.SESSION_ENGINE == "django.contrib.sessions.backends.signed_cookies":
        yield (
            "Sessions live in signed cookies: a leave voids them, but cannot list or delete them.",
            "Use another SESSION_ENGINE, e.g. django.contrib.sessions.backends.cached_db.",
        )
