"""The stage of a run: its connection, token and group, the people on it, and the clearing away of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from ..jit.login import Refused, sign_in
from ..lifecycle import connections, probe_accounts, tokens, transactions
from ..lifecycle.context import Actor, Context
from ..mapping.claims import LoginClaims
from ..models import Connection, Identity
from . import probes
from .directory import Directory, StepFailed, group_document, user_document
from .quiet import refusals_expected
from .transport import Transport

_GROUP = "provisioning-selftest"


@dataclass(slots=True)
class Person:
    """Somebody on the stage, by the names that the directory, the IdP and Django have for them."""

    user_name: str
    pk: Any
    scim_id: str

    @property
    def user(self) -> Any:
        """The Django user as it is now [1 query]."""
        return get_user_model()._base_manager.get(pk=self.pk)


@dataclass(slots=True)
class Stage:
    """What a run works on. ``group_id`` is the SCIM id of its group, None where SCIM is not served."""

    run_name: str
    transport: Transport
    connection: Connection
    directory: Directory
    group_id: str | None = None
    people: list[Person] = field(default_factory=list)

    @property
    def serves_scim(self) -> bool:
        """Whether a directory can push to this project."""
        return self.transport.scim is not None

    def context(self, *, scoped: bool = True, via: str = "") -> Context:
        """Give a lifecycle context whose events carry the run's name; ``scoped`` to the connection or not."""
        connection = self.connection if scoped else None
        return context_of(self.run_name, connection, via=via)

    def hire(self, *, by_login: bool = False) -> Person:
        """Let a new person join, pushed by the directory, or by a first login, and be in the run's group."""
        number = len(self.people) + 1
        name = (
            f"{probe_accounts.PREFIX}{self.run_name.removeprefix('selftest-')}-{number:02}@selftest.invalid"
        )
        if by_login or not self.serves_scim:
            person = self._log_in_first(name)
        else:
            scim_id = str(self.directory.send("POST", "/Users", user_document(name))["id"])
            person = Person(name, self._identity(scim_id=scim_id).user_id, scim_id)
            self.put_into_group(person)
        self.people.append(person)
        transactions.run(lambda: probe_accounts.mark(self.context(), person.user))
        return person

    @property
    def group_name(self) -> str:
        """What the directory calls the run's group."""
        return f"{_GROUP}-{self.run_name}"

    def configure(self, **policies: Any) -> None:
        """Change policies of the run's connection."""
        transactions.run(lambda: connections.configure(self.context(), self.connection, **policies))

    def put_into_group(self, person: Person) -> None:
        """Add the person to the run's group."""
        members = [{"value": person.scim_id}]
        self.directory.patch(f"/Groups/{self.group_id}", {"op": "add", "path": "members", "value": members})

    def take_out_of_group(self, person: Person) -> None:
        """Remove the person from the run's group."""
        path = f'members[value eq "{person.scim_id}"]'
        self.directory.patch(f"/Groups/{self.group_id}", {"op": "remove", "path": path})

    def log_in(self, person: Person) -> str:
        """Let the IdP of the connection vouch for the person, and give why the login is refused, "" if it is not."""
        with refusals_expected("django_provisioning.jit"):
            try:
                sign_in(self._claims(person.user_name))
            except Refused as refused:
                return refused.reason
        return ""

    def _log_in_first(self, name: str) -> Person:
        try:
            identity = sign_in(self._claims(name)).outcome.identity
        except Refused as refused:
            raise StepFailed(f"The first login of a new person is refused: {refused.reason}.") from refused
        return Person(name, identity.user_id, identity.scim_id)

    def _claims(self, name: str) -> LoginClaims:
        issuer, client = self.connection.oidc_issuer or "", self.connection.oidc_client_id or ""
        claims = {"preferred_username": name, "email": name}
        return LoginClaims("oidc", issuer, name, client_id=client, email_verified=True, claims=claims)

    def _identity(self, scim_id: str) -> Identity:
        return Identity.objects.get(connection=self.connection, scim_id=scim_id)


def context_of(run_name: str, connection: Connection | None = None, *, via: str = "") -> Context:
    """Give the context of the self-test itself."""
    actor = Actor.command("provisioning_selftest")
    return Context.of(actor, connection, correlation_id=run_name, batch_id=run_name, via=via)


@contextmanager
def opened(transport: Transport, left_behind: list[str]) -> Iterator[Stage]:
    """Set the stage, and clear it away whatever happens on it, an interruption included.

    ``left_behind`` gets the names of people that could not be removed.
    """
    run_name = probe_accounts.new_run()
    context = context_of(run_name)
    connection = transactions.run(lambda: probe_accounts.open_connection(context, run_name))
    try:
        scoped = context_of(run_name, connection)
        issued = transactions.run(lambda: tokens.issue(scoped, connection, name=run_name))
        stage = Stage(run_name, transport, connection, Directory(transport, run_name, issued.raw))
        if stage.serves_scim:
            document = group_document(stage.group_name)
            stage.group_id = str(stage.directory.send("POST", "/Groups", document)["id"])
        yield stage
    finally:
        left_behind += clear(connection)


def clear(connection: Connection) -> list[str]:
    """Remove what a run made, and name the people who could not be removed."""
    # The row may have been switched off or changed on the stage.
    connection = Connection.objects.get(pk=connection.pk)
    context = context_of(connection.slug, connection)
    return probe_accounts.remove(context, connection, _forget)


def _forget(user: Any) -> None:
    for probe in probes.installed():
        probe.forget(user)
