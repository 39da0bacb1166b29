"""What a project on its way over can forget is said by ``manage.py check``."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks as django_checks
from django.utils.module_loading import import_string

from django_provisioning import checks
from tests.django_scim2.scenes import IS_SERVER, OldServer, day_before, make_tenant, run_import

_THEIR_MIDDLEWARE = "django_scim.middleware.SCIMAuthCheckMiddleware"
_Middleware: Any = object if IS_SERVER else import_string(_THEIR_MIDDLEWARE)
CHECKS = {check.id: check for check in checks.CHECKS}


def found(check_id: str) -> list[str]:
    """Run one check and give its messages; each names a remedy."""
    messages = CHECKS[check_id].run(["default"])
    assert all(message.hint for message in messages)
    return [message.msg for message in messages]


def test_both_packages_on_one_prefix_is_an_error(settings: Any) -> None:
    """The first of two includes answers and nobody notices the second."""
    settings.ROOT_URLCONF = "tests.django_scim2.urls_both"

    assert any("'scim/v2/'" in message for message in found("E020"))


@pytest.mark.parametrize("urlconf", ["urls_django_scim", "urls_django_scim2_server", "urls_switched"])
def test_one_package_on_the_prefix_is_right(urlconf: str, settings: Any) -> None:
    """Before the switch and after it there is nothing to say."""
    if ("server" in urlconf) != IS_SERVER and urlconf != "urls_switched":
        pytest.skip("the other project's day before")
    settings.ROOT_URLCONF = f"tests.django_scim2.{urlconf}"

    assert found("E020") == []


@pytest.mark.django_db
def test_kept_ids_that_are_not_imported_are_a_warning_until_the_import() -> None:
    """The warning is there as soon as a directory has written, and gone with the import."""
    before = found("W020")
    day_before(OldServer())
    forgotten = found("W020")
    make_tenant()
    run_import()

    assert before == []
    assert len(forgotten) == 1
    assert found("W020") == []


@pytest.mark.skipif(IS_SERVER, reason="has no SCIM_SERVICE_PROVIDER")
def test_old_settings_that_nothing_reads_are_named_with_ours(settings: Any) -> None:
    """Each key that is left after the switch is named, with what says the same here."""
    settings.SCIM_SERVICE_PROVIDER = {"NETLOC": "scim.example.com", "AUTH_CHECK_MIDDLEWARE": "x", "TYPO": 1}
    settings.DJANGO_PROVISIONING = {}
    before = found("W021")
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"

    messages = CHECKS["W021"].run(["default"])

    assert before == []
    assert all(isinstance(message, django_checks.Warning) for message in messages)
    hints = {message.msg.split("'")[1]: message.hint for message in messages}
    assert set(hints) == {"NETLOC", "AUTH_CHECK_MIDDLEWARE", "TYPO"}
    assert "['SITE_URL']" in str(hints["NETLOC"])
    assert "provisioning_create_token" in str(hints["AUTH_CHECK_MIDDLEWARE"])
    assert "nothing" in str(hints["TYPO"])
    assert all("go back" in str(hint) for hint in hints.values())


@pytest.mark.skipif(IS_SERVER, reason="has no SCIM_SERVICE_PROVIDER")
def test_every_setting_of_django_scim2_has_its_line() -> None:
    """The table knows every key of the installed django-scim2."""
    from django_scim.settings import DEFAULTS

    from django_provisioning.checks.django_scim2 import _EQUIVALENTS

    assert set(_EQUIVALENTS) == set(DEFAULTS)


@pytest.mark.skipif(IS_SERVER, reason="has no SCIM_SERVICE_PROVIDER")
def test_settings_that_the_bridge_reads_are_not_reported(settings: Any) -> None:
    """With the bridge in HANDLERS the adapters' keys are in use."""
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"
    settings.SCIM_SERVICE_PROVIDER = {"USER_ADAPTER": "x", "NETLOC": "scim.example.com", "SCHEME": "https"}
    handler = "django_provisioning.scim2_bridge.handlers.BridgedUserHandler"
    settings.DJANGO_PROVISIONING = {"HANDLERS": {}}
    without = found("W021")
    settings.DJANGO_PROVISIONING = {"HANDLERS": {"User": handler}}

    assert len(without) == 3
    assert found("W021") == []


@pytest.mark.parametrize(
    ("handlers", "said"),
    [({"Users": "tests.urls"}, "'Users'"), ({"User": "tests.nothing.Handler"}, "tests.nothing")],
)
def test_wrong_handlers_are_said(handlers: dict[str, str], said: str, settings: Any) -> None:
    """A resource type that has no place there, and a path that leads nowhere, are errors."""
    settings.DJANGO_PROVISIONING = {"HANDLERS": handlers}

    assert any(said in message for message in found("E002"))


class OwnAuthCheck(_Middleware):
    """A project's subclass, as django-scim2's instructions propose."""


@pytest.mark.skipif(IS_SERVER, reason="has no middleware")
@pytest.mark.parametrize("path", [_THEIR_MIDDLEWARE, f"{__name__}.OwnAuthCheck"])
def test_old_middleware_before_our_views_is_said(path: str, settings: Any) -> None:
    """It answers 401 before our views are asked; before the switch it has its place."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, path]
    before = found("W022")
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"

    messages = found("W022")

    assert before == []
    assert len(messages) == 1
    assert path in messages[0]


def test_other_middleware_is_not_taken_for_the_old_one(settings: Any) -> None:
    """Functions, classes of others, and paths that lead nowhere are left alone."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.nothing.Middleware", f"{__name__}.found"]
    settings.ROOT_URLCONF = "tests.django_scim2.urls_switched"

    assert found("W022") == []
