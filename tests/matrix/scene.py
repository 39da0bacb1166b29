"""One person with everything that opens a door, and the presenting of it by a browser of the suite's own.

Credentials and ways out are those of the self-test; the judgement is not: a page has to answer with the person's key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.test import Client

from django_provisioning.lifecycle import connection_end, connections, probe_accounts, tokens, transactions
from django_provisioning.selftest import probes, ways
from django_provisioning.selftest.directory import Directory, group_document
from django_provisioning.selftest.probes.base import Credential
from django_provisioning.selftest.probes.sessions import open_any_session
from django_provisioning.selftest.stage import Person, Stage, context_of
from django_provisioning.selftest.transport import InProcess, Received, Sent
from django_provisioning.selftest.ways.base import Way
from tests.matrix.page import Cell

_PAGES = {
    "authtoken": "/me/drf/",
    "knox": "/me/knox/",
    "jwt access": "/me/jwt/",
    "oauth access": "/me/oauth/",
}


class _ByClient(InProcess):
    """The directory's requests through Django's test client, which leaves the test its database connection."""

    def send(self, request: Sent) -> Received:
        """Send and give the answer."""
        body, media_type = request.body()
        answer = Client().generic(
            request.method, request.path, body, media_type, headers=dict(request.headers)
        )
        return Received(answer.status_code, answer.json() if answer.content else {})


@dataclass(frozen=True, slots=True)
class Walked:
    """What was seen on one way out: the cells, and whether the others of the story were as they should be."""

    cells: list[Cell]
    dead_before: list[str]
    can_log_in_again: bool


class _Deleted(Way):
    """The connection is deleted with its people's access; an administrator lets the person in again."""

    name = "connection deleted"

    def leave(self, stage: Stage, person: Person) -> None:
        """Delete the connection."""
        context = stage.context()
        transactions.run(
            lambda: connections.delete(
                context, stage.connection, accounts=connection_end.OFFBOARD, reason="the contract ended"
            )
        )


WAYS: Sequence[Way] = (*ways.ALL, *ways.ONLY_BY_NAME, _Deleted())


def walk(engine: str, path: str, on_commit: Callable[..., Any]) -> Walked:
    """Let a new person leave and return, and present every credential before, right after, and after the return."""
    way = next(one for one in WAYS if one.name == path)
    stage = open_stage()
    person = stage.hire(by_login=way.by_login)
    assert not stage.log_in(person), "the IdP's first login is refused"
    credentials = credentials_of(stage, person)
    dead_before = [one.name for one in credentials if not works(one, person)]
    with on_commit(execute=True):
        way.leave(stage, person)
    after = [lets_in(one, person) for one in credentials]
    with on_commit(execute=True):
        way.rejoin(stage, person)
    back = [lets_in(one, person) for one in credentials]
    seen = zip(credentials, after, back, strict=True)
    cells = [Cell(engine, path, one.name, *both) for one, *both in seen]
    return Walked(cells, dead_before, can_log_in(stage, person))


def open_stage() -> Stage:
    """Make a connection with a directory and a group of its own."""
    run_name, transport = probe_accounts.new_run(), _ByClient()
    connection = probe_accounts.open_connection(context_of(run_name), run_name)
    issued = tokens.issue(context_of(run_name, connection), connection, name=run_name)
    stage = Stage(run_name, transport, connection, Directory(transport, run_name, issued.raw))
    stage.group_id = str(stage.directory.send("POST", "/Groups", group_document(stage.group_name))["id"])
    return stage


def credentials_of(stage: Stage, person: Person) -> list[Credential]:
    """Make one of every kind, each in a session of the connection or by a token page."""
    made = [probe.make(person.user, stage.connection) for probe in probes.installed()]
    return [credential for several in made for credential in several]


def works(credential: Credential, person: Person) -> bool:
    """Whether it opens the door; for one that can be used only once, whether its twin does."""
    return lets_in(credential.twin or credential, person)


def lets_in(credential: Credential, person: Person) -> bool:
    """Present it once, in a request of its own, and say whether it was taken."""
    browser = Client()
    if credential.exchange is not None:
        answer = browser.post(credential.exchange.path, dict(credential.exchange.form))
        assert answer.status_code in {200, 400, 401}, answer.content
        return bool(answer.status_code == 200)
    page = _PAGES.get(credential.name, "/desk/")
    answer = browser.get(page, headers=dict(credential.headers))
    assert answer.status_code in {200, 302, 401, 403}, answer.content
    return bool(answer.status_code == 200 and answer.json()["pk"] == str(person.pk))


def can_log_in(stage: Stage, person: Person) -> bool:
    """Whether the person is back: a new session opens the door."""
    connection = type(stage.connection).objects.filter(pk=stage.connection.pk).first()
    return lets_in(open_any_session(person.user, connection), person)
