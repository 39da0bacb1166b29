"""Access and refresh tokens of django-oauth-toolkit."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ...models import Connection
from ..routes import path_of_view
from .base import Credential, Exchange, Probe

_REMEDY = "Let the revoker 'oauth_tokens' run: take it out of REVOKERS_OFF."
_LIFETIME = timedelta(hours=1)


class OAuthProbe(Probe):
    """Makes the tokens that an application got for the person; they and the application go with the person."""

    app = "oauth2_provider"

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Make an access token, and two refresh tokens of which one is spent to show that they work [7 queries]."""
        from oauth2_provider.views import TokenView  # noqa: PLC0415 (an optional package)

        application = _application(user)
        access, refresh = _pair(user, application)
        made = [Credential("oauth access", {"Authorization": f"Bearer {access}"}, remedy=_REMEDY)]
        path = path_of_view(TokenView)
        if path is not None:
            _access, spent = _pair(user, application)
            twin = Credential("oauth refresh", exchange=_exchange(path, application, spent))
            exchange = _exchange(path, application, refresh)
            made.append(Credential("oauth refresh", exchange=exchange, twin=twin, remedy=_REMEDY))
        return made

    def authentication_classes(self) -> Sequence[type]:
        """Give the toolkit's class for REST framework."""
        from oauth2_provider.contrib.rest_framework import OAuth2Authentication  # noqa: PLC0415

        return (OAuth2Authentication,)


def _application(user: Any) -> Any:
    from oauth2_provider.models import get_application_model  # noqa: PLC0415

    model = get_application_model()
    application = model(
        name="provisioning-selftest",
        user=user,
        client_type=model.CLIENT_PUBLIC,
        authorization_grant_type=model.GRANT_AUTHORIZATION_CODE,
        redirect_uris="https://selftest.invalid/",
        # A public client has none; an empty one need not be hashed, which would cost more than all the rest.
        client_secret="",
        hash_client_secret=False,
    )
    application.save()
    return application


def _pair(user: Any, application: Any) -> tuple[str, str]:
    from oauth2_provider import models  # noqa: PLC0415

    access_text, refresh_text = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    expires = timezone.now() + _LIFETIME
    access = models.get_access_token_model()(
        user=user, application=application, expires=expires, scope="read"
    )
    models.set_token_value(access, access_text)
    access.save()
    refresh = models.get_refresh_token_model()(user=user, application=application, access_token=access)
    models.set_token_value(refresh, refresh_text)
    refresh.save()
    return access_text, refresh_text


def _exchange(path: str, application: Any, refresh: str) -> Exchange:
    form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": application.client_id}
    return Exchange(path, form)
