"""Interrupted, terminated, broken and killed runs: what they made is removed, by themselves or by the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete

from django_provisioning.lifecycle import probe_accounts
from django_provisioning.models import Connection, Evidence
from django_provisioning.selftest import stage
from django_provisioning.selftest.transport import InProcess
from tests.factories import make_connection
from tests.lifecycle.people import push


@pytest.mark.parametrize(("probe", "code"), [("InterruptingProbe", 130), ("TerminatingProbe", 130)])
def test_selftest_stopped_run_removes_what_it_made(
    selftest: Callable[..., Any], settings: Any, probe: str, code: int
) -> None:
    """Ctrl-C and SIGTERM end the run after the clearing away, without a result."""
    settings.DJANGO_PROVISIONING = {"SELFTEST_PROBES": [f"tests.selftest.probes_for_tests.{probe}"]}

    answer = selftest(way="command")

    assert (answer.code, answer.out) == (code, "")
    _assert_nothing_is_left()


def test_selftest_fault_of_a_probe_removes_what_was_made(selftest: Callable[..., Any], settings: Any) -> None:
    """An exception of the project's own code is not swallowed, and leaves nothing behind."""
    settings.DJANGO_PROVISIONING = {"SELFTEST_PROBES": ["tests.selftest.probes_for_tests.BreakingProbe"]}

    with pytest.raises(ZeroDivisionError):
        selftest(way="command")

    _assert_nothing_is_left()


def test_selftest_clears_what_a_killed_run_left(selftest: Callable[..., Any]) -> None:
    """The next run removes the leftovers first, and names them; somebody with a similar name stays."""
    with pytest.raises(Connection.DoesNotExist), stage.opened(InProcess(), []) as left:  # noqa: PT012
        left.hire()
        left.hire(by_login=True)
        real = make_connection("selftest-of-acme", idp="selftest")
        bystander = push(real, f"{probe_accounts.PREFIX}lookalike@example.com").identity.user

        answer = selftest("--clear")

        assert answer.document["cleared"] == [left.run_name]
        assert list(Connection.objects.all()) == [real]
        assert list(get_user_model()._base_manager.all()) == [bystander]
        # Only now is the killed run's own clearing tried, in vain: there is nothing to clear.


def test_selftest_person_whom_the_project_protects_is_named(selftest: Callable[..., Any]) -> None:
    """Rows of the project that forbid the deletion are a finding; the next run removes what is left."""

    def protect(instance: Any, **_: Any) -> None:
        raise ProtectedError("An invoice needs this user.", {instance})

    pre_delete.connect(protect, sender=get_user_model())
    try:
        kept = selftest(way="command")
    finally:
        pre_delete.disconnect(protect, sender=get_user_model())
    was_enabled = Connection.objects.get().enabled
    was_active = get_user_model()._base_manager.get().is_active

    after_it = selftest(way="command")

    assert kept.code == 3
    assert "could not be removed" in kept.document["gaps"][0]["gap"]
    assert (was_enabled, was_active) == (False, False)
    assert (after_it.code, len(after_it.document["cleared"])) == (0, 1)
    assert not get_user_model()._base_manager.exists()


@pytest.mark.parametrize(
    "values", [{"idp": "okta"}, {"oidc_issuer": "https://idp.example.com"}, {"slug": "selftest-1"}]
)
def test_remove_refuses_any_other_connection(db: None, values: dict[str, str]) -> None:
    """A connection that is a self-test's in all but one sign is not removed."""
    context = stage.context_of("selftest-0123456789ab")
    connection = probe_accounts.open_connection(context, context.correlation_id)
    for name, value in values.items():
        setattr(connection, name, value)

    with pytest.raises(ValueError, match="Only the connection of a self-test"):
        probe_accounts.remove(context, connection, str)


def _assert_nothing_is_left() -> None:
    assert not Connection.objects.exists()
    assert not get_user_model()._base_manager.exists()
    assert not Evidence.objects.exists()
