"""API tokens and other credentials: whether a leave ends them, and whether what is left is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from rest_framework.settings import api_settings

from ..conf import NAME, settings
from ..guard.rest_framework import GuardedAuthenticationMixin
from ..lifecycle import revocation
from .problems import Problem, Problems

_JWT = "rest_framework_simplejwt.authentication"
_STATELESS = f"{_JWT}.JWTStatelessUserAuthentication"
_WITH_USER = f"{_JWT}.JWTAuthentication"
_OIDC = "mozilla_django_oidc.contrib.drf.OIDCAuthentication"
_SIMPLEJWT = "Use django_provisioning.guard.simplejwt.Guarded"
# What each class lets in after a leave, and the remedy. A guarded subclass of it is another matter.
_LENIENT: Mapping[str, Problem] = {
    _STATELESS: (
        "accepts tokens of inactive people until they expire",
        f"{_SIMPLEJWT}JWTStatelessUserAuthentication.",
    ),
    _WITH_USER: (
        "accepts a token from before a leave again, once the person has returned",
        f"{_SIMPLEJWT}JWTAuthentication, or set CHECK_REVOKE_TOKEN in SIMPLE_JWT.",
    ),
    _OIDC: (
        "accepts tokens of inactive people",
        "Use django_provisioning.guard.mozilla.GuardedOIDCAuthentication.",
    ),
}
_API_KEYS = "rest_framework_api_key"


def every_credential_has_its_revoker() -> Problems:
    """W013: what is installed is ended by a leave: its revoker is on, and has what it needs."""
    known = {revoker.kind for revoker in revocation.known()}
    installed = {revoker.kind for revoker in revocation.installed()}
    for kind in settings.REVOKERS_OFF:
        if kind not in known:
            yield (
                f"{NAME}['REVOKERS_OFF'] names {kind!r}, which no revoker ends.",
                f"Known kinds: {', '.join(sorted(known))}.",
            )
        elif kind in installed:
            yield (
                f"A leave does not end {kind}: {NAME}['REVOKERS_OFF'] names them.",
                "Take the kind out of the list, or see to it elsewhere that these credentials end.",
            )
    yield from _packages_without_a_revoker()


def _packages_without_a_revoker() -> Problems:
    if _reads_jwt() and not apps.is_installed("rest_framework_simplejwt.token_blacklist"):
        yield (
            "rest_framework_simplejwt is used without its blacklist: a leave cannot end refresh tokens.",
            "Add 'rest_framework_simplejwt.token_blacklist' to INSTALLED_APPS and migrate.",
        )
    if apps.is_installed("channels") and not getattr(django_settings, "CHANNEL_LAYERS", {}):
        yield (
            "channels is installed without CHANNEL_LAYERS: a leave cannot close open websockets.",
            "Configure a channel layer and put GuardedConsumerMixin before your consumers.",
        )
    if apps.is_installed(_API_KEYS) and not settings.REVOKERS:
        yield (
            f"{_API_KEYS} is installed, whose keys belong to nobody: a leave ends none of them.",
            f"Note whose key is whose and name a revoker of your own in {NAME}['REVOKERS'].",
        )


def token_classes_refuse_who_has_left() -> Problems:
    """W015: no authentication class accepts a token that a leave cannot delete."""
    for class_ in _default_classes():
        if issubclass(class_, GuardedAuthenticationMixin):
            continue
        names = [f"{base.__module__}.{base.__name__}" for base in class_.__mro__]
        found = next((name for name in names if name in _LENIENT), None)
        if found is None or (found == _WITH_USER and _jwt_setting("CHECK_REVOKE_TOKEN")):
            continue
        effect, remedy = _LENIENT[found]
        yield f"DEFAULT_AUTHENTICATION_CLASSES: {names[0]} {effect}.", remedy
    if _reads_jwt() and not _jwt_setting("CHECK_USER_IS_ACTIVE", default=True):
        yield (
            "SIMPLE_JWT['CHECK_USER_IS_ACTIVE'] is off: tokens of inactive people are accepted and renewed.",
            "Take the setting out.",
        )
    if _allauth_reads_tokens_alone():
        yield (
            "allauth.headless accepts its JWTs without a look at the account: they work until they expire.",
            "Set HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True.",
        )


def _default_classes() -> Sequence[type]:
    try:
        classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    except ImportError:
        return []  # REST framework says so itself, at the first request.
    return list(classes)


def _reads_jwt() -> bool:
    modules = {base.__module__.partition(".")[0] for one in _default_classes() for base in one.__mro__}
    return "rest_framework_simplejwt" in modules or apps.is_installed("rest_framework_simplejwt")


def _jwt_setting(name: str, *, default: bool = False) -> bool:
    return bool(getattr(django_settings, "SIMPLE_JWT", {}).get(name, default))


def _allauth_reads_tokens_alone() -> bool:
    strategy = getattr(django_settings, "HEADLESS_TOKEN_STRATEGY", "")
    return (
        apps.is_installed("allauth.headless")
        and "JWT" in str(strategy).rpartition(".")[2]
        and not getattr(django_settings, "HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED", False)
    )
