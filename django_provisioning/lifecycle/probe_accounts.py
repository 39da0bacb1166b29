"""The connection and the people of a self-test: made unmistakable, marked, and removed without a trace but events.

What is removed has to be a probe three times over, by its name, by its origin and by its connection: no mistake of an
administrator with one of them can cost a real account.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import ProtectedError, Q, QuerySet, RestrictedError

from ..models import Account, Connection, GroupLink, Leave
from . import connections, groups, leave, management, revocation
from .context import Context
from .transactions import lock, own_writes, run, update_fields

PREFIX = "provisioning-selftest-"
_IDP = "selftest"
_SLUG = re.compile(r"selftest-[0-9a-f]{12}")


def new_run() -> str:
    """Give a name for a run, which its connection, people and events carry: ``selftest-0123456789ab``."""
    return f"selftest-{secrets.token_hex(6)}"


def open_connection(context: Context, run_name: str) -> Connection:
    """Make the connection of a run; its leaves raise no mass-leave alarm and count for no other connection."""
    return connections.create(
        context,
        slug=run_name,
        name=f"Self-test {run_name}",
        idp=_IDP,
        jit=Connection.Jit.CREATE,
        linking=Connection.Linking.NEVER,
        mass_leave_percent=0,
        oidc_issuer=f"https://{run_name}.invalid",
        oidc_client_id=run_name,
    )


def mark(context: Context, user: Any) -> None:
    """Mark an account as one of a self-test: policies and figures leave it out."""
    account = management.account_of(context, user, origin=Account.Origin.UNKNOWN)
    update_fields(account, kind=Account.Kind.TEST)


def is_probe(user: Any) -> bool:
    """Whether a request's user is a person of a self-test, whatever authenticated it [1 query]."""
    return user.pk is not None and Account.objects.filter(user=user.pk, kind=Account.Kind.TEST).exists()


def connections_of_runs() -> list[Connection]:
    """Give the connections of self-tests that are there, finished or not."""
    found = Connection.objects.filter(idp=_IDP, slug__startswith="selftest-").order_by("pk")
    return [one for one in found if _is_of_run(one)]


def people_of(connection: Connection) -> QuerySet[Any]:
    """Give the users that a run made."""
    return get_user_model()._base_manager.filter(
        provisioning_identities__user_name__startswith=PREFIX,
        provisioning_identities__connection=connection,
        provisioning_account__origin__in=[Account.Origin.SCIM, Account.Origin.JIT_OIDC],
    )


def remove(context: Context, connection: Connection, forget: Callable[[Any], object]) -> list[str]:
    """Delete people, groups, leave records and the connection of a run, and name the people who could not be.

    Those are offboarded, and the connection is disabled. ``forget`` removes what does not go with the user row. Each
    person goes in a transaction of their own; events stay.
    """
    if not _is_of_run(connection):
        raise ValueError("Only the connection of a self-test is removed.")
    left = []
    for key in sorted(set(people_of(connection).values_list("pk", flat=True)), key=str):
        user = get_user_model()._base_manager.get(pk=key)
        run(lambda user=user: revocation.revoke(context, user, None))  # type: ignore[misc]
        revocation.complete(context, user)
        forget(user)
        try:
            run(lambda user=user: _delete_person(user))  # type: ignore[misc]
        except (ProtectedError, RestrictedError):
            run(lambda user=user: leave.offboard(context, user, reason="selftest"))  # type: ignore[misc]
            left.append(str(user.get_username()))
    run(lambda: _delete_connection(context, connection, keep=bool(left)))
    return left


def _is_of_run(connection: Connection) -> bool:
    return (
        connection.idp == _IDP
        and _SLUG.fullmatch(connection.slug) is not None
        and connection.oidc_issuer == f"https://{connection.slug}.invalid"
    )


def _delete_person(user: Any) -> None:
    Leave.objects.filter(user=user).delete()
    with own_writes():
        user.delete()


def _delete_connection(context: Context, connection: Connection, *, keep: bool) -> None:
    for link in lock(GroupLink.objects.filter(connection=connection).order_by("pk"), "self"):
        groups.delete(context, link)
    Leave.objects.filter(Q(connection=connection) | Q(connection_slug=connection.slug)).delete()
    if keep:
        connections.configure(context, connection, enabled=False)
    else:
        connection.delete()
