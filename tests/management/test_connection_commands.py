"""``provisioning_create_connection`` and ``provisioning_release_connection``."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from django_provisioning.models import Connection, ConnectionDomain, Event
from tests.factories import make_connection
from tests.management.shell import run, run_json

pytestmark = pytest.mark.django_db


def test_create_connection_prints_what_scripts_need() -> None:
    """The answer has exactly these keys; the URL is a path while SITE_URL is not set."""
    answer = run_json("create_connection", "acme", "--name", "Acme Industries", "--idp", "okta")

    assert answer == {
        "slug": "acme", "name": "Acme Industries", "idp": "okta", "enabled": True, "created": True,
        "scim_base_url": "/scim/v2",
    }  # fmt: skip
    assert Connection.objects.get().name == "Acme Industries"


@pytest.mark.parametrize("site", ["https://app.example.com", "https://app.example.com/"])
def test_create_connection_with_a_site_url_prints_a_whole_url(settings: Any, site: str) -> None:
    """What is printed can be pasted into the IdP."""
    settings.DJANGO_PROVISIONING = {"SITE_URL": site}

    answer = run_json("create_connection", "acme")

    assert answer["scim_base_url"] == "https://app.example.com/scim/v2"
    assert answer["name"] == "acme"


def test_create_connection_without_scim_urls_prints_none(settings: Any) -> None:
    """A project that does not serve SCIM can still make connections, e.g. for login."""
    settings.ROOT_URLCONF = "tests.admin.urls_without_scim"

    assert run_json("create_connection", "acme")["scim_base_url"] is None


def test_create_connection_on_a_slug_that_exists_is_an_error() -> None:
    """A script that runs twice notices it."""
    make_connection("acme")

    with pytest.raises(CommandError, match="acme") as caught:
        run("create_connection", "acme")

    assert caught.value.returncode == 1
    assert Connection.objects.count() == 1


def test_create_connection_with_exist_ok_prints_the_one_that_exists() -> None:
    """Nothing is changed, and ``created`` says so."""
    make_connection("acme", idp="entra")

    answer = run_json("create_connection", "acme", "--name", "Other", "--idp", "okta", "--exist-ok")

    assert (answer["created"], answer["idp"], answer["name"]) == (False, "entra", "Acme")
    assert not Event.objects.filter(type="connection.configured").exists()


def test_create_connection_with_exist_ok_makes_a_new_one() -> None:
    """The flag allows, it does not require."""
    assert run_json("create_connection", "acme", "--exist-ok")["created"] is True


def test_create_connection_takes_every_policy() -> None:
    """Each option ends in its column."""
    run(
        "create_connection", "acme", "--disabled", "--linking", "trusted", "--delete-mode", "erase",
        "--visibility", "linked", "--group-prefix", "acme-", "--manages-privileged", "--strict",
        "--mass-leave-percent", "5", "--mass-leave-minutes", "60", "--mass-leave-halts",
        "--verified-domain", "example.com", "--verified-domain", "example.org",
    )  # fmt: skip

    made = Connection.objects.get()
    assert (made.enabled, made.linking, made.delete_mode, made.visibility) == (
        False,
        "trusted",
        "erase",
        "linked",
    )
    assert (made.group_prefix, made.manages_privileged, made.strict) == ("acme-", True, True)
    assert (made.mass_leave_percent, made.mass_leave_minutes, made.mass_leave_halts) == (5, 60, True)
    domains = ConnectionDomain.objects.order_by("domain").values_list("verified_domain", flat=True)
    assert list(domains) == ["example.com", "example.org"]


def test_create_connection_without_policies_keeps_the_defaults_of_the_model() -> None:
    """The command has no second set of defaults."""
    run("create_connection", "acme")

    made, fresh = Connection.objects.get(), Connection()
    policies = (
        "linking",
        "delete_mode",
        "visibility",
        "group_prefix",
        "strict",
        "manages_privileged",
        "enabled",
    )
    assert [getattr(made, name) for name in policies] == [getattr(fresh, name) for name in policies]


@pytest.mark.parametrize(
    "arguments",
    [("Not a slug",), ("acme", "--mass-leave-percent", "101"), ("acme", "--mass-leave-minutes", "-1")],
)
def test_create_connection_with_a_bad_value_writes_nothing(arguments: tuple[str, ...]) -> None:
    """What the model refuses is an error with its name, not a traceback."""
    with pytest.raises(CommandError, match="not valid"):
        run("create_connection", *arguments)

    assert not Connection.objects.exists()


def test_create_connection_with_a_taken_domain_makes_no_connection() -> None:
    """One command is one transaction."""
    run("create_connection", "acme", "--verified-domain", "example.com")

    with pytest.raises(CommandError, match=r"example\.com"):
        run("create_connection", "globex", "--verified-domain", "example.com")

    assert not Connection.objects.filter(slug="globex").exists()


def test_create_connection_with_an_unknown_idp_is_refused() -> None:
    """A mistyped name would silently lose the quirks of the IdP."""
    with pytest.raises(CommandError, match="entar"):
        run("create_connection", "acme", "--idp", "entar")


def test_create_connection_for_people_prints_aligned_lines() -> None:
    """Without ``--format`` the answer is for eyes."""
    assert run("create_connection", "acme").splitlines() == [
        "slug           acme",
        "name           acme",
        "idp            generic",
        "enabled        yes",
        "created        yes",
        "scim_base_url  /scim/v2",
    ]


def test_command_is_recorded_with_the_user_of_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event says which command it was, and who started it."""
    monkeypatch.setattr("getpass.getuser", lambda: "barbara")

    run("create_connection", "acme")

    event = Event.objects.get(type="connection.created")
    assert (event.actor_type, event.actor_id) == ("command", "provisioning_create_connection")
    assert event.actor_label == "provisioning_create_connection by barbara"


def test_command_of_a_user_without_a_name_is_recorded_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run under a number that no file names."""

    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("os.getuid", lambda: 1234)

    run("create_connection", "acme")

    assert Event.objects.get(type="connection.created").actor_label.endswith("by uid 1234")


def test_release_connection_lets_it_write_again() -> None:
    """The halt ends with an event; a second run claims nothing."""
    connection = make_connection("acme")
    Connection.objects.filter(pk=connection.pk).update(halted_at=timezone.now())

    first, second = run_json("release_connection", "acme"), run_json("release_connection", "acme")

    connection.refresh_from_db()
    assert connection.halted_at is None
    assert (first["released"], second["released"]) == (True, False)
    assert first["halted_since"] is not None
    assert Event.objects.filter(type="breaker.released").count() == 1


def test_release_connection_of_an_unknown_slug_is_an_error() -> None:
    """A mistyped slug releases nothing."""
    with pytest.raises(CommandError, match="no connection 'acmee'"):
        run("release_connection", "acmee")
