"""``provisioning_offboard`` and ``provisioning_reinstate``."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.test import Client

from django_provisioning.models import Event, SessionIndex
from tests.factories import make_connection, make_token
from tests.lifecycle.people import fresh, local_user, push
from tests.management.shell import run, run_json
from tests.scim_client import ScimClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    """Give a user whom a connection pushed and who is logged in."""
    user = push(make_connection("acme"), "ada@example.com").identity.user
    Client().force_login(user)
    return user


@pytest.mark.parametrize("by", ["--user", "--user by key", "--user-pk"])
def test_offboard_ends_access_of_the_named_user(ada: Any, by: str) -> None:
    """By login name or by primary key; the answer tells what ended."""
    option = by.split(maxsplit=1)[0]
    value = ada.get_username() if by == "--user" else str(ada.pk)

    answer = run_json("offboard", option, value, "--reason", "TICKET-7")

    assert not fresh(ada).is_active
    assert (answer["user"], answer["user_pk"], answer["is_active"]) == (
        ada.get_username(),
        str(ada.pk),
        False,
    )
    assert (answer["state"], answer["changed"]) == ("deprovisioned", True)
    assert answer["effects"]["sessions"] == 1
    event = Event.objects.get(type="account.deactivated")
    assert (event.reason, event.actor_type, str(event.uid)) == ("TICKET-7", "command", answer["event"])


def test_offboard_dry_run_ends_nothing(ada: Any) -> None:
    """It names the connections and sessions that would end."""
    answer = run_json("offboard", "--user", ada.get_username(), "--reason", "x", "--dry-run")

    assert (answer["dry_run"], answer["connections"], answer["sessions"]) == (True, ["acme"], 1)
    assert fresh(ada).is_active
    assert SessionIndex.objects.filter(user=ada).exists()
    assert not Event.objects.filter(type="account.deactivated").exists()


def test_offboard_of_a_user_that_no_connection_knows_works_too() -> None:
    """Break glass for accounts from before the install."""
    user = local_user("old", password="correct horse")

    answer = run_json("offboard", "--user", user.get_username(), "--reason", "left")

    assert not fresh(user).is_active
    assert not fresh(user).has_usable_password()
    assert (answer["state"], answer["managed_by"]) == ("deprovisioned", "none")


def test_offboard_twice_writes_one_event(ada: Any) -> None:
    """A script that runs again claims no second leaver."""
    run("offboard", "--user", ada.get_username(), "--reason", "left")

    answer = run_json("offboard", "--user", ada.get_username(), "--reason", "left")

    assert answer["changed"] is False
    assert Event.objects.filter(type="account.deactivated").count() == 1


def test_offboarded_person_is_inactive_for_the_directory_and_reinstated_for_it_too() -> None:
    """The IdP reads what the administrator decided."""
    client = ScimClient(make_token(make_connection()))
    made = client.create_user("grace@example.com")
    seen = []
    for verb in ("offboard", "reinstate"):
        run(verb, "--user", "grace@example.com", "--reason", "TICKET-7")
        seen.append(dict(client.get(f"/Users/{made['id']}").json())["active"])

    assert seen == [False, True]


def test_reinstate_lets_a_person_in_again(ada: Any) -> None:
    """The reason stands in the event."""
    run("offboard", "--user", ada.get_username(), "--reason", "mistake")

    answer = run_json("reinstate", "--user", ada.get_username(), "--reason", "TICKET-8")

    assert fresh(ada).is_active
    assert (answer["state"], answer["changed"]) == ("active", True)
    assert Event.objects.get(type="account.reinstated").reason == "TICKET-8"


def test_reinstate_of_an_active_person_writes_no_event(ada: Any) -> None:
    """The audit trail claims no joiner who was there."""
    answer = run_json("reinstate", "--user", ada.get_username(), "--reason", "x")

    assert answer["changed"] is False
    assert not Event.objects.filter(type="account.reinstated").exists()


@pytest.mark.parametrize("verb", ["offboard", "reinstate"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--user", "nobody", "--reason", "x"), "no user 'nobody'"),
        (("--user-pk", "not a key", "--reason", "x"), "no user 'not a key'"),
        (("--user", "nobody"), "--reason"),
        (("--reason", "x"), "--user"),
        (("--user", "a", "--user-pk", "1", "--reason", "x"), "not allowed with"),
    ],
)
def test_command_for_a_user_that_cannot_be_found_is_an_error(
    verb: str, arguments: tuple[str, ...], complaint: str
) -> None:
    """Nobody is ended, or let in, by a guess."""
    with pytest.raises(CommandError, match=complaint):
        run(verb, *arguments)


def test_offboard_by_a_text_that_means_two_users_is_an_error(ada: Any) -> None:
    """A login name that is another user's key is not decided by chance; the key option is clear."""
    other = local_user("temp")
    login = get_user_model().USERNAME_FIELD
    get_user_model()._default_manager.filter(pk=other.pk).update(**{login: str(ada.pk)})

    with pytest.raises(CommandError, match="--user-pk"):
        run("offboard", "--user", str(ada.pk), "--reason", "left")
    run("offboard", "--user-pk", str(ada.pk), "--reason", "left")

    assert [fresh(ada).is_active, fresh(other).is_active] == [False, True]
