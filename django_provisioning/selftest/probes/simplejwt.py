"""Access and refresh tokens of djangorestframework-simplejwt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from rest_framework.settings import api_settings

from ...models import Connection
from ..routes import path_of_view
from .base import Credential, Exchange, Probe

_OUTSTANDING: str = "token_blacklist.OutstandingToken"
_ACCESS = (
    "An access token is a signed text and no row: name "
    "django_provisioning.guard.simplejwt.GuardedJWTAuthentication in DEFAULT_AUTHENTICATION_CLASSES, which holds its "
    "age against the leave."
)
_REFRESH = "Install rest_framework_simplejwt.token_blacklist and let the revoker 'jwt_refresh_tokens' run."


class SimpleJwtProbe(Probe):
    """Makes a pair of tokens as the token view does; the refresh token where the project serves the refresh view."""

    app = "rest_framework_simplejwt"

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Make an access token, and two refresh tokens of which one is spent to show that they work."""
        from rest_framework_simplejwt.settings import api_settings as jwt_settings  # noqa: PLC0415 (optional)
        from rest_framework_simplejwt.tokens import RefreshToken  # noqa: PLC0415
        from rest_framework_simplejwt.views import TokenRefreshView  # noqa: PLC0415

        refresh, spent = RefreshToken.for_user(user), RefreshToken.for_user(user)
        accepted = jwt_settings.AUTH_TOKEN_CLASSES[0]
        access = refresh.access_token if accepted.token_type == "access" else accepted.for_user(user)  # noqa: S105
        made = [Credential("jwt access", _header(jwt_settings, str(access)), remedy=_ACCESS)]
        path = path_of_view(TokenRefreshView)
        if path is not None:
            twin = Credential("jwt refresh", exchange=Exchange(path, {"refresh": str(spent)}))
            exchange = Exchange(path, {"refresh": str(refresh)})
            made.append(Credential("jwt refresh", exchange=exchange, twin=twin, remedy=_REFRESH))
        return made

    def forget(self, user: Any) -> None:
        """Delete the outstanding tokens: the package keeps them without their user."""
        if "token_blacklist" in apps.app_configs:
            outstanding: Any = apps.get_model(_OUTSTANDING)
            outstanding.objects.filter(user=user).delete()

    def authentication_classes(self) -> Sequence[type]:
        """Give the class that looks the user up."""
        from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: PLC0415

        return (JWTAuthentication,)

    def is_installed(self) -> bool:
        """Whether the package is an app of the project, or one of its default classes reads such tokens."""
        return bool({self.app, "token_blacklist"} & set(apps.app_configs)) or _is_default()


def _header(jwt_settings: Any, text: str) -> dict[str, str]:
    types = jwt_settings.AUTH_HEADER_TYPES
    word = types if isinstance(types, str) else types[0]
    name = jwt_settings.AUTH_HEADER_NAME.removeprefix("HTTP_").replace("_", "-").title()
    return {name: f"{word} {text}"}


def _is_default() -> bool:
    classes: Sequence[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    modules = {base.__module__ for one in classes for base in one.__mro__}
    return any(module.partition(".")[0] == "rest_framework_simplejwt" for module in modules)
