"""``provisioning_offboard --file``, ``provisioning_revoke_sessions`` and ``provisioning_end_connection``."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from django_provisioning.models import Connection, Event, Leave, SessionIndex
from tests.factories import make_connection
from tests.lifecycle.people import fresh, push
from tests.management.shell import run, run_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Any]:
    """Give three users whom a connection pushed, the first one logged in."""
    connection = make_connection("acme")
    names = ("ada@example.com", "bob@example.com", "eve@example.com")
    users = [push(connection, name).identity.user for name in names]
    Client().force_login(users[0])
    return users


def file_of(directory: Path, text: str, encoding: str = "utf-8") -> str:
    """Write the file that the command reads."""
    path = directory / "people.csv"
    path.write_text(text, encoding=encoding)
    return str(path)


def active(users: list[Any]) -> list[bool]:
    """Whether they are."""
    return [fresh(user).is_active for user in users]


def test_file_offboards_everybody_it_names_under_one_batch(people: list[Any], tmp_path: Path) -> None:
    """A column user, others ignored; a blank line is nobody, and who is named twice is one."""
    ada, bob = people[0].get_username(), people[1].get_username()
    text = f"User,why\n{ada},left\n,\n{bob},left\n{ada},\n"

    answer = run_json("offboard", "--file", file_of(tmp_path, text, "utf-8-sig"), "--reason", "TICKET-7")

    assert active(people) == [False, False, True]
    assert (answer["people"], answer["refused"]) == (2, 0)
    assert [(row["line"], row["result"]) for row in answer["results"]] == [
        (5, "offboarded"),
        (4, "offboarded"),
    ]
    found = Event.objects.filter(type="account.deactivated")
    assert {event.batch_id for event in found} == {answer["batch"]}
    assert {event.reason for event in found} == {"TICKET-7"}


def test_file_by_primary_key_is_idempotent(people: list[Any], tmp_path: Path) -> None:
    """Run again after an interruption: who has left stays left, without a second event."""
    file = file_of(tmp_path, "pk\n" + "\n".join(str(user.pk) for user in people[:2]))

    run_json("offboard", "--file", file, "--reason", "x")
    again = run_json("offboard", "--file", file, "--reason", "x")

    assert [row["result"] for row in again["results"]] == ["unchanged", "unchanged"]
    assert Leave.objects.count() == 2


def test_file_dry_run_ends_nothing(people: list[Any], tmp_path: Path) -> None:
    """It says for each row what would end."""
    file = file_of(tmp_path, f"user\n{people[0].get_username()}\n")

    answer = run_json("offboard", "--file", file, "--reason", "x", "--dry-run")

    assert answer["dry_run"] is True
    assert answer["results"][0]["detail"] == "1 sessions, connections: acme"
    assert active(people) == [True, True, True]


def test_file_with_refused_rows_does_the_others_and_ends_with_3(people: list[Any], tmp_path: Path) -> None:
    """The answer tells why, on stdout, before the exit code."""
    out = StringIO()
    file = file_of(tmp_path, f"user\nnobody@example.com\n{people[1].get_username()}\n")

    with pytest.raises(CommandError) as ended:
        call_command("provisioning_offboard", "--file", file, "--reason", "x", "--format", "json", stdout=out)

    answer = json.loads(out.getvalue())
    assert ended.value.returncode == 3
    assert [row["result"] for row in answer["results"]] == ["refused", "offboarded"]
    assert "nobody@example.com" in answer["results"][0]["detail"]
    assert active(people) == [True, False, True]


@pytest.mark.parametrize(
    ("text", "encoding"), [("name\nada\n", "utf-8"), ("", "utf-8"), ("user\nädä\n", "latin-1")]
)
def test_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path, text: str, encoding: str) -> None:
    """No column that names people, no line at all, no UTF-8."""
    with pytest.raises(CommandError) as ended:
        run("offboard", "--file", file_of(tmp_path, text, encoding), "--reason", "x")

    assert ended.value.returncode == 2


def test_file_that_is_missing_is_wrong_usage(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(CommandError, match=r"gone\.csv") as ended:
        run("offboard", "--file", str(tmp_path / "gone.csv"), "--reason", "x")

    assert ended.value.returncode == 2


def test_revoke_sessions_ends_them_and_leaves_the_account(people: list[Any]) -> None:
    """Every device is logged out; identities and the user are as before."""
    name = people[0].get_username()
    before = run_json("revoke_sessions", "--user", name, "--reason", "lost laptop", "--dry-run")

    answer = run_json("revoke_sessions", "--user", name, "--reason", "lost laptop")

    assert before["sessions"] == 1
    assert (answer["changed"], answer["effects"]["sessions"], answer["is_active"]) == (True, 1, True)
    assert not SessionIndex.objects.exists()
    assert Event.objects.get(type="session.revoked").reason == "lost laptop"


def test_revoke_sessions_of_one_connection_spares_others(people: list[Any]) -> None:
    """What did not come through it stays; nothing to end is said, and writes no event."""
    make_connection("globex")

    answer = run_json(
        "revoke_sessions", "--user", people[0].get_username(), "--reason", "x", "--connection", "globex"
    )

    assert answer["changed"] is False
    assert SessionIndex.objects.count() == 1
    assert not Event.objects.filter(type="session.revoked").exists()


def test_end_connection_counts_first_and_then_does_it(people: list[Any]) -> None:
    """The same words as in the admin; the count comes with --dry-run."""
    SessionIndex.objects.update(connection=Connection.objects.get())
    asked = run_json("end_connection", "acme", "--accounts", "offboard", "--reason", "x", "--dry-run")
    still_in = active(people)

    answer = run_json("end_connection", "acme", "--accounts", "offboard", "--reason", "contract ended")

    assert (asked["people"], asked["only_here"], asked["sessions"]) == (3, 3, 1)
    assert still_in == [True, True, True]
    assert (answer["ended"], answer["deleted"]) == (3, False)
    assert active(people) == [False, False, False]
    assert not Connection.objects.get().enabled


def test_end_connection_can_delete_it(people: list[Any]) -> None:
    """Users stay."""
    run_json("end_connection", "acme", "--accounts", "keep", "--reason", "x", "--delete")

    assert not Connection.objects.exists()
    assert active(people) == [True, True, True]


def test_configure_connection_sets_the_required_group(people: list[Any]) -> None:
    """And "none" takes the rule away."""
    run_json("configure_connection", "acme", "--set", "required_group=Staff")
    required = Connection.objects.get().required_group
    run_json("configure_connection", "acme", "--set", "required_group=none")

    assert (required, Connection.objects.get().required_group) == ("Staff", None)
