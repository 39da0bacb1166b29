"""The ways to leave (CLAIMS: deactivation paths), each through its real door.

The review decision is missing: reviews do not exist yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from django_provisioning.lifecycle import connections, transactions
from django_provisioning.models import Account, Connection, Identity, Leave
from tests.admin.pages import superuser
from tests.factories import make_context
from tests.leaving.sources import Person
from tests.lifecycle.people import account_of, fresh

if TYPE_CHECKING:
    from tests.scim_client import Response

# Why a way does not exist for a source. What is not listed has to work.
NO_IDENTITY = "no connection knows the account, so no directory and no rule of a connection reaches it"
KNOWN_TO_SCIM = "SCIM manages the identity already: a POST of it is answered 409 and changes nothing"
DIRECTORY_ANSWERS = "the directory answers for the account: silence alone never ends it"


class NotDone(Exception):
    """The service answered with an error: its status and its body."""


@dataclass(frozen=True)
class Way:
    """A way to leave: what it does, what the record calls it, and how the account stands afterwards."""

    name: str
    leave: Callable[[Person, Path], Any]
    path: str
    state: str = Account.State.DEPROVISIONED

    def gap(self, source: str) -> str:
        """Say why the way does not exist for a source, "" if it does."""
        if source == "manual" and self.name not in _OF_ANYBODY:
            return NO_IDENTITY
        if self.name == "POST that adopts" and source in ("scim", "linked"):
            return KNOWN_TO_SCIM
        if self.name == "stale policy" and source in ("scim", "linked"):
            return DIRECTORY_ANSWERS
        return ""


def _patch(*operations: dict[str, Any]) -> Callable[[Person, Path], Response]:
    return lambda person, _: _answered(200, person.scim.patch(person.path, list(operations)))


def _put(person: Person, _: Path) -> Response:
    return _answered(200, person.scim.put(person.path, person.document(active=False)))


def _post(person: Person, _: Path) -> Response:
    return _answered(201, person.scim.post("/Users", person.document(active=False)))


def _delete(person: Person, _: Path) -> Response:
    return _answered(204, person.scim.delete(person.path))


def _bulk(person: Person, _: Path) -> Response:
    operation = {"method": "PATCH", "path": person.path, "data": {"Operations": [_INACTIVE]}}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [operation]}
    response = _answered(200, person.scim.post("/Bulk", body))
    status = int(response.json()["Operations"][0]["status"])
    if status != 200:
        raise NotDone(status, response.content.decode())
    return response


def _group_rule(person: Person, _: Path) -> Response:
    assert person.group is not None
    assert person.identity is not None
    path = f'members[value eq "{person.identity.scim_id}"]'
    body = [{"op": "remove", "path": path}]
    return _answered(200, person.scim.patch(f"/Groups/{person.group.scim_id}", body))


def _admin(person: Person, _: Path) -> None:
    Account.objects.get_or_create(
        user=person.user, defaults={"origin": "manual", "state": "active", "created_at": timezone.now()}
    )
    fields = {"action": "offboard", "_selected_action": [account_of(person.user).pk]}
    superuser().post("account_changelist", **fields, confirmed="1", reason="left")


def _command(person: Person, _: Path) -> None:
    call_command(
        "provisioning_offboard", "--user-pk", str(person.user.pk), "--reason", "left", stdout=StringIO()
    )


def _file(person: Person, directory: Path) -> None:
    people = directory / "people.csv"
    people.write_text(f"user,why\n{person.user.get_username()},left\n")
    call_command("provisioning_offboard", "--file", str(people), "--reason", "left", stdout=StringIO())


def _stale(person: Person, _: Path) -> None:
    long_ago = timezone.now() - timedelta(days=91)
    policies = {"stale_after_days": 90, "stale_action": Connection.StaleAction.SUSPEND}
    connections.configure(make_context(), person.connection, **policies)
    Account.objects.filter(user=person.user).update(last_seen_at=long_ago, created_at=long_ago)
    Identity.objects.filter(user=person.user).update(last_login_at=long_ago)
    get_user_model()._default_manager.filter(pk=person.user.pk).update(last_login=long_ago)
    call_command("provisioning_run", "--job", "stale", "--allow-mass-leave", stdout=StringIO())


def _save(person: Person, _: Path) -> None:
    user = fresh(person.user)
    user.is_active = False
    user.save()


def _save_fields(person: Person, _: Path) -> None:
    user = fresh(person.user)
    user.is_active = False
    user.save(update_fields=["is_active"])


def _update(person: Person, _: Path) -> None:
    get_user_model()._default_manager.filter(pk=person.user.pk).update(is_active=False)
    call_command("provisioning_run", "--job", "out_of_band", stdout=StringIO())


def _connection_end(verb: Callable[..., Any], accounts: str) -> Callable[[Person, Path], None]:
    def end(person: Person, _: Path) -> None:
        connection = Connection.objects.get(pk=person.connection.pk)
        context = make_context(connection)
        transactions.run(lambda: verb(context, connection, accounts=accounts, reason="contract ended"))

    return end


def _answered(status: int, response: Response) -> Response:
    if response.status_code != status:
        raise NotDone(response.status_code, response.content.decode())
    return response


_INACTIVE = {"op": "replace", "path": "active", "value": False}
_PATHS = Leave.Path
_SUSPENDED = Account.State.SUSPENDED
WAYS = (
    Way("PATCH with a path", _patch(_INACTIVE), _PATHS.SCIM_PATCH),
    Way("PATCH without a path", _patch({"op": "replace", "value": {"active": False}}), _PATHS.SCIM_PATCH),
    Way(
        "PATCH with a text", _patch({"op": "Replace", "path": "active", "value": "False"}), _PATHS.SCIM_PATCH
    ),
    Way("PUT", _put, _PATHS.SCIM_PUT),
    Way("POST that adopts", _post, _PATHS.SCIM_POST),
    Way("DELETE", _delete, _PATHS.SCIM_DELETE, Account.State.DELETED),
    Way("Bulk", _bulk, _PATHS.SCIM_BULK),
    Way("group rule", _group_rule, _PATHS.GROUP_RULE),
    Way("admin action", _admin, _PATHS.ADMIN),
    Way("command", _command, _PATHS.COMMAND),
    Way("command with a file", _file, _PATHS.COMMAND),
    Way("stale policy", _stale, _PATHS.STALE_POLICY, _SUSPENDED),
    Way("save()", _save, _PATHS.APPLICATION, _SUSPENDED),
    Way("save(update_fields=…)", _save_fields, _PATHS.APPLICATION, _SUSPENDED),
    Way("update() and the sweep", _update, _PATHS.OUT_OF_BAND, _SUSPENDED),
    Way(
        "connection disabled, suspend",
        _connection_end(connections.disable, "suspend"),
        _PATHS.CONNECTION,
        _SUSPENDED,
    ),
    Way("connection disabled, offboard", _connection_end(connections.disable, "offboard"), _PATHS.CONNECTION),
    Way("connection deleted, offboard", _connection_end(connections.delete, "offboard"), _PATHS.CONNECTION),
)
# These start at the user row, whoever made it.
_OF_ANYBODY = {
    "admin action", "command", "command with a file", "save()", "save(update_fields=…)", "update() and the sweep",
}  # fmt: skip
CELLS = [
    (way, source)
    for way in WAYS
    for source in ("manual", "jit_saml", "jit_oidc", "scim", "linked", "superuser")
]
