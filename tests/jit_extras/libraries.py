"""What the tests of every adapter need to know of a library: where logins begin, what it remembers, how to break it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db.models import QuerySet

from tests.jit_extras.provider import Provider


@dataclass(frozen=True)
class Library:
    """An SSO library under its own settings. ``links`` is its own table of who logged in as whom."""

    start: str
    callback: str
    settings: Any

    @property
    def links(self) -> QuerySet[Any]:
        """Give the library's own rows."""
        raise NotImplementedError

    def use(self, provider: Provider) -> None:
        """Let the library log people in at the provider."""
        raise NotImplementedError

    def lose_token_endpoint(self) -> None:
        """Let the provider's token endpoint be where nobody listens."""
        raise NotImplementedError

    def say_userinfo(self, userinfo: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the userinfo endpoint say this, and the library believe it."""
        raise NotImplementedError


class Allauth(Library):
    """django-allauth."""

    @property
    def links(self) -> QuerySet[Any]:
        """Give the social accounts."""
        from allauth.socialaccount.models import SocialAccount

        return SocialAccount.objects.all()

    def use(self, provider: Provider) -> None:
        """Name the issuer."""
        # The settings module's own dict is never changed.
        self.settings.SOCIALACCOUNT_PROVIDERS = copy.deepcopy(self.settings.SOCIALACCOUNT_PROVIDERS)
        self._app_settings["server_url"] = provider.issuer

    def lose_token_endpoint(self) -> None:
        """Override what discovery says."""
        self._app_settings["openid_configuration_overrides"] = {"token_endpoint": "http://127.0.0.1:9/token"}

    def say_userinfo(self, userinfo: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the request, and take the user's key from the answer, which projects may choose."""
        from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter

        self._app_settings["uid_field"] = "email"
        monkeypatch.setattr(OpenIDConnectOAuth2Adapter, "_fetch_user_info", lambda *_: userinfo)

    @property
    def _app_settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self.settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]
        return found


class Social(Library):
    """social-auth-app-django."""

    @property
    def links(self) -> QuerySet[Any]:
        """Give the associations."""
        from social_django.models import UserSocialAuth

        return UserSocialAuth.objects.all()

    def use(self, provider: Provider) -> None:
        """Name the issuer."""
        self.settings.SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = provider.issuer

    def lose_token_endpoint(self) -> None:
        """Override what discovery says."""
        self.settings.SOCIAL_AUTH_OIDC_ACCESS_TOKEN_URL = "http://127.0.0.1:9/token"

    def say_userinfo(self, userinfo: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the request."""
        from social_core.backends.open_id_connect import OpenIdConnectAuth

        monkeypatch.setattr(OpenIdConnectAuth, "user_data", lambda *_, **__: dict(userinfo))


def is_installed() -> bool:
    """Whether the settings are those of a library that is tested here."""
    return installed(None) is not None


def installed(settings: Any) -> Library | None:
    """Give the library of these settings, if it is one of those tested here."""
    if apps.is_installed("allauth.socialaccount"):
        return Allauth("/accounts/oidc/example/login/", "/accounts/oidc/example/login/callback/", settings)
    if apps.is_installed("social_django"):
        return Social("/social/login/oidc/", "/social/complete/oidc/", settings)
    return None
