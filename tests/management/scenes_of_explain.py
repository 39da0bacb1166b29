"""Situations that an explanation is asked about: each makes what is there and gives what would come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model

from django_provisioning.lifecycle import leave, transactions
from django_provisioning.models import Connection
from django_provisioning.protocol.core_schemas import GROUP_URN, USER_URN
from tests.factories import make_connection, make_context, make_token
from tests.lifecycle.people import add_by_hand, jit_identity, local_user, make_group, push, push_group

ISSUER = "https://idp.example.com"
CLIENT = "app"
Scene = Callable[[], tuple[Connection, dict[str, Any]]]


def connection_with_token(**policies: Any) -> Connection:
    """Make a connection that serves both doors."""
    connection = make_connection(oidc_issuer=ISSUER, oidc_client_id=CLIENT, **policies)
    make_token(connection)
    return connection


def claims(subject: str = "subject of alice", name: str = "alice", **more: Any) -> dict[str, Any]:
    """Give the claims of a login."""
    return {"iss": ISSUER, "sub": subject, "preferred_username": name, **more}


def resource(name: str = "alice", **more: Any) -> dict[str, Any]:
    """Give a User resource."""
    return {"schemas": [USER_URN], "userName": name, **more}


def patch(scim_id: str, *operations: dict[str, Any], endpoint: str = "Users") -> dict[str, Any]:
    """Give a PATCH request."""
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
    return {"method": "PATCH", "path": f"/{endpoint}/{scim_id}", "body": body}


def _join() -> Any:
    return connection_with_token(), resource(title="Engineer")


def _adopt() -> Any:
    connection = connection_with_token()
    jit_identity(connection, "alice")
    return connection, resource(title="Engineer")


def _link() -> Any:
    connection = connection_with_token(linking="trusted")
    local_user("alice")
    return connection, resource("alice@example.com" if _logs_in_by_email() else "alice")


def _rejoin_after_delete() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice").identity
    transactions.run(lambda: leave.delete(make_context(connection), identity))
    return connection, resource()


def _reactivate() -> Any:
    connection, _request = _leave()
    identity = connection.identities.get()
    push_inactive(connection, identity)
    return connection, patch(identity.scim_id, {"op": "replace", "path": "active", "value": True})


def push_inactive(connection: Connection, identity: Any) -> None:
    """Let the directory deactivate a person."""
    from tests.lifecycle.people import fresh, push_move

    push_move(fresh(identity), identity.user_name, active=False)


def _move() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice", title="Engineer").identity
    return connection, patch(identity.scim_id, {"op": "replace", "path": "title", "value": "Director"})


def _unchanged() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice", title="Engineer").identity
    return connection, patch(identity.scim_id, {"op": "replace", "path": "title", "value": "Engineer"})


def _put() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice", title="Engineer").identity
    return connection, {
        "method": "PUT",
        "path": f"/scim/v2/Users/{identity.scim_id}",
        "body": resource("alicia"),
    }


def _leave() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice").identity
    push_group(connection, "Engineering", identity)
    return connection, patch(identity.scim_id, {"op": "replace", "path": "active", "value": False})


def _delete() -> Any:
    connection, request = _leave()
    return connection, {"method": "DELETE", "path": request["path"]}


def _conflict() -> Any:
    connection = connection_with_token()
    push(connection, "alice")
    return connection, resource()


def _local_name() -> Any:
    local_user("alice")
    return connection_with_token(), resource("alice@example.com" if _logs_in_by_email() else "alice")


def _protected() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice").identity
    get_user_model()._default_manager.filter(pk=identity.user.pk).update(is_staff=True)
    return connection, patch(identity.scim_id, {"op": "replace", "path": "active", "value": False})


def _malformed() -> Any:
    return connection_with_token(), resource(active="perhaps")


def _unknown_id() -> Any:
    return connection_with_token(), {"method": "DELETE", "path": "/Users/nobody"}


def _group() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice").identity
    members = [{"value": identity.scim_id}, {"value": "nobody"}]
    return connection, {"schemas": [GROUP_URN], "displayName": "Engineering", "members": members}


def _group_members() -> Any:
    connection = connection_with_token()
    identity = push(connection, "alice").identity
    link = push_group(connection, "Engineering")
    add = {"op": "add", "path": "members", "value": [{"value": identity.scim_id}]}
    return connection, patch(link.scim_id, add, endpoint="Groups")


def _group_deleted() -> Any:
    connection = connection_with_token()
    link = push_group(connection, "Engineering", push(connection, "alice").identity)
    return connection, {"method": "DELETE", "path": f"/Groups/{link.scim_id}"}


def _halted() -> Any:
    connection, request = _move()
    Connection.objects.filter(pk=connection.pk).update(halted_at=connection.created_at)
    return connection, request


PUSHES: dict[str, tuple[Scene, str]] = {
    "join": (_join, "created"),
    "adopt": (_adopt, "adopted"),
    "link": (_link, "linked"),
    "rejoin after delete": (_rejoin_after_delete, "rejoined"),
    "rejoin by active": (_reactivate, "rejoined"),
    "move": (_move, "moved"),
    "unchanged": (_unchanged, "unchanged"),
    "replace": (_put, "moved"),
    "leave": (_leave, "left"),
    "delete": (_delete, "deleted"),
    "conflict": (_conflict, "refused"),
    "local account of the name": (_local_name, "refused"),
    "protected account": (_protected, "refused"),
    "malformed": (_malformed, "refused"),
    "unknown id": (_unknown_id, "refused"),
    "halted": (_halted, "refused"),
    "group": (_group, "created"),
    "group members": (_group_members, "updated"),
    "group deleted": (_group_deleted, "deleted"),
}


def _create() -> Any:
    connection = connection_with_token(jit="create", default_groups=["Everybody"], group_sync="additive")
    make_group("Everybody")
    push_group(connection, "Engineering")
    return connection, claims(
        given_name="Alice", email="alice@example.com", groups=["Engineering", "Unheard"]
    )


def _create_beside() -> Any:
    push(make_connection(), "alice")
    return connection_with_token(jit="create"), claims()


def _bind() -> Any:
    connection = connection_with_token()
    push(connection, "alice", title="Engineer")
    return connection, claims("a new subject", given_name="Other")


def _bind_by_email() -> Any:
    connection = connection_with_token()
    push(connection, "alice", emails=[{"value": "alice@example.com"}])
    return connection, claims("a new subject", "a.smith", email="alice@example.com", email_verified=True)


def _login_link() -> Any:
    connection = connection_with_token(jit="link_only", linking="trusted")
    local_user("alice")
    name = "alice@example.com" if _logs_in_by_email() else "alice"
    return connection, claims("a new subject", name)


def _known() -> Any:
    connection = connection_with_token()
    jit_identity(connection, "alice")
    return connection, claims()


def _known_moved() -> Any:
    connection = connection_with_token(attribute_sync={"default": "always", "title": "never"})
    jit_identity(connection, "alice")
    return connection, claims(given_name="Alice")


def _regrouped() -> Any:
    connection = connection_with_token(group_sync="authoritative")
    identity = jit_identity(connection, "alice")
    add_by_hand(identity.user, push_group(connection, "Engineering").group)
    push_group(connection, "Sales")
    return connection, claims(groups=["Sales"])


def _departed() -> Any:
    connection = connection_with_token(jit="create")
    identity = push(connection, "alice").identity
    transactions.run(lambda: leave.delete(make_context(connection), identity))
    return connection, claims()


def _deactivated() -> Any:
    connection = connection_with_token(jit="create")
    push_inactive(connection, push(connection, "alice").identity)
    return connection, claims()


def _taken() -> Any:
    connection, _ = _known()
    return connection, claims("another subject")


def _privileged() -> Any:
    connection, request = _bind()
    get_user_model()._default_manager.update(is_staff=True)
    return connection, request


def _full() -> Any:
    connection = connection_with_token(jit="create", seat_limit=1)
    push(connection, "bob")
    return connection, claims()


def _stranger(**policies: Any) -> Scene:
    return lambda: (connection_with_token(**policies), claims(email="alice@example.com"))


def _logs_in_by_email() -> bool:
    return get_user_model().USERNAME_FIELD == "email"


LOGINS: dict[str, tuple[Scene, str, str]] = {
    "create": (_create, "created", ""),
    "create beside another tenant": (_create_beside, "created", ""),
    "first login binds": (_bind, "linked", ""),
    "first login binds by e-mail": (_bind_by_email, "linked", ""),
    "link": (_login_link, "linked", ""),
    "known": (_known, "unchanged", ""),
    "known, attributes changed": (_known_moved, "moved", ""),
    "known, groups changed": (_regrouped, "unchanged", ""),
    "removed by the directory": (_departed, "refused", "deprovisioned"),
    "deactivated by the directory": (_deactivated, "refused", "deprovisioned"),
    "name of another subject": (_taken, "refused", "subject_mismatch"),
    "staff": (_privileged, "refused", "privileged_account"),
    "no seat": (_full, "refused", "seat_limit"),
    "unknown, jit off": (_stranger(), "refused", "jit_disabled"),
    "unknown, link only": (_stranger(jit="link_only"), "refused", "jit_link_only"),
    "disabled": (_stranger(enabled=False), "refused", "connection_disabled"),
    "domain": (_stranger(jit="create", allowed_email_domains=["example.org"]), "refused", "email_domain"),
    "required claim": (_stranger(jit="create", required_claims={"aal": ["2"]}), "refused", "required_claim"),
    "no subject": (lambda: (connection_with_token(), claims("")), "refused", "no_subject"),
    "other issuer": (
        lambda: (connection_with_token(), {**claims(), "iss": "https://other.example.org"}),
        "refused",
        "unknown_connection",
    ),
}
