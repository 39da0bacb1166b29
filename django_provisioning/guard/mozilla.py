"""mozilla-django-oidc's class for Django REST framework, guarded: the library's own accepts inactive users."""

from __future__ import annotations

from mozilla_django_oidc.contrib.drf import OIDCAuthentication

from .rest_framework import GuardedAuthenticationMixin


class GuardedOIDCAuthentication(GuardedAuthenticationMixin, OIDCAuthentication):  # type: ignore[misc]
    """Refuses the access token of who is inactive; what is revoked at the provider, the provider refuses."""
