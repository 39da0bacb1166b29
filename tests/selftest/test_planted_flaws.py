"""The command on projects with a flaw: it finds each, names it, and ends with exit code 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models.signals import pre_save

from django_provisioning.exceptions import ValueRefused

_SESSION = "rest_framework.authentication.SessionAuthentication"
_GUARD = "django_provisioning.guard.GuardMiddleware"
_STOCK = "mozilla_django_oidc.auth.OIDCAuthenticationBackend"


@pytest.mark.parametrize(
    ("kind", "flawed"),
    [
        ("drf_tokens", {"authtoken": "OPEN after rejoin (200)"}),
        ("knox_tokens", {"knox": "OPEN after rejoin (200)"}),
        ("oauth_tokens", {"oauth access": "OPEN (200)", "oauth refresh": "OPEN (200)"}),
    ],
)
def test_selftest_revoker_switched_off_is_found(
    selftest: Callable[..., Any], settings: Any, kind: str, flawed: dict[str, str]
) -> None:
    """A leave that does not revoke one kind of token is seen, and only that kind is blamed."""
    settings.DJANGO_PROVISIONING = {"REVOKERS_OFF": [kind]}

    answer = selftest(way="scim patch")

    assert answer.code == 3
    assert _open(answer.cells("scim patch")) == flawed
    assert all(kind in gap["gap"] for gap in answer.document["gaps"])


@pytest.mark.parametrize(
    ("authentication", "seen"),
    [
        ("JWTAuthentication", "OPEN after rejoin (200)"),
        ("JWTStatelessUserAuthentication", "OPEN (200)"),
    ],
)
def test_selftest_unguarded_jwt_class_is_found(
    selftest: Callable[..., Any], settings: Any, authentication: str, seen: str
) -> None:
    """A class that looks at no account, or at no time, lets the access token live on."""
    stock = f"rest_framework_simplejwt.authentication.{authentication}"
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [_SESSION, stock]}

    answer = selftest(way="scim patch")

    assert answer.code == 3
    assert _open(answer.cells("scim patch")) == {"jwt access": seen}
    assert "GuardedJWTAuthentication" in answer.document["gaps"][0]["gap"]


def test_selftest_failing_revoker_is_found(selftest: Callable[..., Any], settings: Any) -> None:
    """A leave of which something stays open is a gap, though every credential that is known was refused."""
    settings.DJANGO_PROVISIONING = {"REVOKERS": ["tests.selftest.probes_for_tests.FailingRevoker"]}

    answer = selftest(way="scim patch")

    assert answer.code == 3
    assert _open(answer.cells("scim patch")) == {"account": "OPEN (not closed)"}


def test_selftest_way_that_fails_is_a_gap_and_the_others_are_gone(
    selftest: Callable[..., Any], settings: Any
) -> None:
    """A way that stops half-way is named with its reason; what follows it is proven all the same."""

    def refuse(instance: Any, **_: Any) -> None:
        if not instance.is_active and instance.get_username().endswith("-01@selftest.invalid"):
            raise ValueRefused("The payroll is running.")

    pre_save.connect(refuse, sender=get_user_model())
    try:
        answer = selftest(way=("command", "administrator"))
    finally:
        pre_save.disconnect(refuse, sender=get_user_model())

    assert answer.code == 3
    assert [gap["gap"] for gap in answer.document["gaps"]] == [
        "command: provisioning_offboard: The payroll is running."
    ]
    assert set(answer.cells("command").values()) == {"command", "FAILED"}
    assert answer.cells("administrator")["knox"] == "404/404"


def test_selftest_person_who_cannot_return_proves_nothing(
    selftest: Callable[..., Any], settings: Any
) -> None:
    """A refusal after the return counts only where the account is shown to be open again."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.selftest.pages.closed_after_a_leave"]

    answer = selftest(way="command")

    assert answer.code == 3
    assert "could not be let in again" in answer.document["gaps"][0]["gap"]


@pytest.mark.parametrize("is_guarded", [False, True])
def test_selftest_stock_backend_is_found_where_the_guard_is_missing(
    selftest: Callable[..., Any], settings: Any, is_guarded: bool
) -> None:
    """mozilla-django-oidc lets an inactive person's session go on until the sweep; the guard ends it at once."""
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", _STOCK]
    if not is_guarded:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != _GUARD]

    cells = selftest(way="application update, unswept").cells("application update, unswept")

    opened = {} if is_guarded else {"session OIDCAuthenticationBackend": "OPEN (200)"}
    assert {name: seen for name, seen in _open(cells).items() if name.startswith("session")} == opened


def _open(cells: dict[str, str]) -> dict[str, str]:
    return {name: seen for name, seen in cells.items() if seen.startswith("OPEN")}
