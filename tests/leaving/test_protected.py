"""DESIGN §7 on every way to leave: what an IdP or a rule may not do to staff, and who may."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError

from django_provisioning.models import Account, Connection, Leave
from tests.admin.pages import Browser
from tests.leaving.sources import Person, make_person
from tests.leaving.ways import WAYS, NotDone, Way
from tests.lifecycle.people import account_of, fresh

pytestmark = pytest.mark.django_db

KINDS = ("staff", "superuser", "break-glass")
# A superuser is judged as staff is: one way of each kind of decision is enough.
_SAME_AS_STAFF = ("PATCH with a path", "group rule", "command", "connection disabled, offboard")
# These are decided by an administrator or by the project's own code: nobody is out of their reach.
_DECIDED_HERE = {
    "admin action", "command", "command with a file", "save()", "save(update_fields=…)", "update() and the sweep",
}  # fmt: skip
# The IdP is told; the others spare the person and do the rest.
_ANSWERED = {
    "PATCH with a path", "PATCH without a path", "PATCH with a text", "PUT", "POST that adopts", "DELETE", "Bulk",
}  # fmt: skip
_BY_NAME = {way.name: way for way in WAYS}
_CELLS = [
    (name, kind, manages)
    for name in _BY_NAME
    for kind in KINDS
    for manages in (False, True)
    if kind != "superuser" or name in _SAME_AS_STAFF
]


def protected_person(way: Way, kind: str, *, manages: bool) -> Person:
    """Make somebody whom an IdP may not touch unless its connection manages such accounts."""
    source = "jit_oidc" if way.name in ("POST that adopts", "stale policy") else "scim"
    person = make_person(source)
    users = get_user_model()._default_manager.filter(pk=person.user.pk)
    match kind:
        case "staff":
            users.update(is_staff=True)
        case "superuser":
            users.update(is_superuser=True)
        case "break-glass":
            Account.objects.filter(user=person.user).update(kind=Account.Kind.BREAK_GLASS)
    Connection.objects.filter(pk=person.connection.pk).update(manages_privileged=manages)
    person.user = fresh(person.user)
    return person


@pytest.mark.parametrize(("name", "kind", "manages"), _CELLS)
def test_protected_account(
    name: str, kind: str, manages: bool, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """Refused where the IdP or a rule decides and the connection does not manage such accounts; else as for anybody."""
    way = _BY_NAME[name]
    person = protected_person(way, kind, manages=manages)
    # The policy counts silence of people only: a break-glass account is meant to be silent.
    is_reached = name in _DECIDED_HERE or (manages and (name, kind) != ("stale policy", "break-glass"))

    is_refused = not is_reached and name in _ANSWERED
    answer: Any = pytest.raises(NotDone, match="403") if is_refused else nullcontext()
    with django_capture_on_commit_callbacks(execute=True), answer:
        way.leave(person, tmp_path)

    assert person.is_active() == (not is_reached)
    assert person.doors() == ((401, 401) if is_reached else (200, 200))
    assert Leave.objects.count() == (1 if is_reached else 0)
    assert (account_of(person.user).state == Account.State.ACTIVE) == (not is_reached)


@pytest.mark.parametrize("kind", KINDS)
def test_helpdesk_reaches_no_protected_account(kind: str) -> None:
    """In the admin only a superuser may."""
    person = protected_person(_BY_NAME["admin action"], kind, manages=True)
    clerk = Browser("view_account", "offboard_account")
    fields = {"action": "offboard", "_selected_action": [account_of(person.user).pk]}

    clerk.post("account_changelist", **fields, confirmed="1", reason="left")

    assert person.doors() == (200, 200)


def test_file_with_a_row_that_names_nobody_ends_with_3_and_offboards_the_others(tmp_path: Path) -> None:
    """One refusal does not stop the others, and the exit code tells."""
    from tests.management.shell import run

    person = make_person("scim")
    people = tmp_path / "people.csv"
    people.write_text(f"user\nnobody@example.com\n{person.user.get_username()}\n")

    with pytest.raises(CommandError, match="1 of 2 rows") as ended:
        run("offboard", "--file", str(people), "--reason", "left")

    assert ended.value.returncode == 3
    assert person.doors() == (401, 401)
