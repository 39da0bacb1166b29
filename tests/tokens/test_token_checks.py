"""The checks of credentials: W013 for what no leave ends, W015 for what is accepted after one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.settings import api_settings

from django_provisioning import checks
from django_provisioning.lifecycle import revocation
from tests.lifecycle.people import local_user
from tests.tokens import makers

CHECKS = {check.id: check for check in checks.CHECKS}
JWT = "rest_framework_simplejwt.authentication"


def found(check_id: str) -> list[str]:
    """Run one check and give the messages."""
    messages = CHECKS[check_id].run(["default"])
    assert all(message.hint for message in messages)
    return [message.msg for message in messages]


@pytest.fixture
def default_classes(settings: Any) -> Iterator[Any]:
    """Set REST framework's default authentication classes."""

    def use(*paths: str) -> None:
        settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": paths}
        api_settings.reload()

    yield use
    del settings.REST_FRAMEWORK
    api_settings.reload()


def test_installed_packages_with_their_revokers_are_in_order() -> None:
    """With everything installed and nothing switched off there is nothing to say."""
    assert (found("W013"), found("W015")) == ([], [])


@pytest.mark.parametrize("kind", [one.kind for one in revocation.known()])
def test_w013_revoker_that_is_off_is_named(kind: str, settings: Any) -> None:
    """Whoever switches a revoker off is told at every start."""
    settings.DJANGO_PROVISIONING = {"REVOKERS_OFF": [kind]}

    assert [kind in message for message in found("W013")] == [True]


def test_w013_misspelt_kind_is_named(settings: Any) -> None:
    """A kind that no revoker has switches nothing off."""
    settings.DJANGO_PROVISIONING = {"REVOKERS_OFF": ["knox"]}

    assert "'knox', which no revoker ends" in found("W013")[0]


@pytest.mark.django_db
def test_revoker_that_is_off_does_not_run(settings: Any) -> None:
    """The setting does what it says, to that kind alone."""
    from tests.factories import make_context

    user = local_user("ada")
    makers.otp_devices(user)
    makers.knox_token(user)
    settings.DJANGO_PROVISIONING = {"REVOKERS_OFF": ["otp_devices"]}

    ended = revocation.revoke(make_context(), user, None)

    assert "otp_devices" not in ended
    assert ended["knox_tokens"] == 1
    assert TOTPDevice.objects.count() == 1


@pytest.mark.parametrize(
    ("without", "complaint"),
    [
        ("rest_framework_simplejwt.token_blacklist", "without its blacklist"),
        ("channels.layers", "without CHANNEL_LAYERS"),
    ],
)
def test_w013_package_without_what_its_revoker_needs_is_named(
    without: str, complaint: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an installation leaves a gap that nobody sees."""
    installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != without and installed(name))
    if without == "channels.layers":
        settings.CHANNEL_LAYERS = {}

    assert [complaint in message for message in found("W013")] == [True]


def test_w013_api_keys_of_nobody_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """djangorestframework-api-key does not know whose a key is."""
    installed = apps.is_installed
    monkeypatch.setattr(
        apps, "is_installed", lambda name: name == "rest_framework_api_key" or installed(name)
    )

    assert "belong to nobody" in found("W013")[0]


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        (f"{JWT}.JWTStatelessUserAuthentication", "of inactive people"),
        (f"{JWT}.JWTAuthentication", "from before a leave"),
        ("mozilla_django_oidc.contrib.drf.OIDCAuthentication", "of inactive people"),
        (f"{__name__}.Renamed", "of inactive people"),
    ],
)
def test_w015_lenient_class_is_named(path: str, complaint: str, default_classes: Any) -> None:
    """Each class that lets people in after their leave, a subclass under another name included."""
    default_classes(path, "rest_framework.authentication.TokenAuthentication")

    messages = found("W015")

    assert len(messages) == 1
    assert path in messages[0]
    assert complaint in messages[0]


@pytest.mark.parametrize(
    "path",
    [
        "django_provisioning.guard.simplejwt.GuardedJWTAuthentication",
        "django_provisioning.guard.simplejwt.GuardedJWTStatelessUserAuthentication",
        "django_provisioning.guard.mozilla.GuardedOIDCAuthentication",
        "knox.auth.TokenAuthentication",
        "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
        "rest_framework.authentication.SessionAuthentication",
        "app.that.is.not.There",
    ],
)
def test_w015_strict_class_is_not_named(path: str, default_classes: Any) -> None:
    """Guarded classes, and those whose tokens a leave deletes; a missing one is another's complaint."""
    default_classes(path)

    assert found("W015") == []


def test_w015_jwt_bound_to_the_password_is_not_named(default_classes: Any, settings: Any) -> None:
    """CHECK_REVOKE_TOKEN compares the password, which a leave changes."""
    default_classes(f"{JWT}.JWTAuthentication")
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "CHECK_REVOKE_TOKEN": True}

    assert found("W015") == []


def test_w015_jwt_of_inactive_people_is_named(settings: Any) -> None:
    """The setting that lets them in by intention."""
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "CHECK_USER_IS_ACTIVE": False}

    assert "CHECK_USER_IS_ACTIVE" in found("W015")[0]


def test_w015_allauth_tokens_without_a_look_at_the_account_are_named(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The headless JWTs of allauth are accepted by their signature alone unless told otherwise."""
    installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name == "allauth.headless" or installed(name))
    settings.HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"

    assert "STATEFUL" not in found("W015")[0]
    settings.HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
    assert found("W015") == []


def _renamed() -> type:
    from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

    return type("Renamed", (JWTStatelessUserAuthentication,), {"__module__": __name__})


Renamed = _renamed()
