"""Who may not be touched by a directory: staff, superusers and break-glass accounts (DESIGN: policies)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ..exceptions import ProtectedAccount
from ..models import Account, Connection
from . import explain

# The flags that open the admin.
PRIVILEGES = ("is_staff", "is_superuser")


def is_privileged(user: Any) -> bool:
    """Whether the user carries a flag that opens the admin."""
    return any(getattr(user, flag, False) for flag in PRIVILEGES)


def unprotected(identities: QuerySet[Any], connection: Connection) -> QuerySet[Any]:
    """Leave out the identities of protected accounts: a group can grant as much as a flag."""
    if connection.manages_privileged:
        return identities
    for flag in PRIVILEGES:
        if _is_column(flag):
            identities = identities.exclude(**{f"user__{flag}": True})
    return identities.exclude(user__provisioning_account__kind=Account.Kind.BREAK_GLASS)


def _is_column(name: str) -> bool:
    return any(field.name == name for field in get_user_model()._meta.concrete_fields)


def is_protected(user: Any, connection: Connection) -> bool:
    """Whether the account is out of the connection's reach [1 query where the account is not loaded with the user]."""
    if connection.manages_privileged:
        return False
    account = getattr(user, "provisioning_account", None)
    return is_privileged(user) or (account is not None and account.kind == Account.Kind.BREAK_GLASS)


def require_unprotected(user: Any, connection: Connection) -> None:
    """Refuse to go on for a protected account, unless the connection manages privileged ones.

    Costs a query only where the account is not loaded with the user.

    Raises:
        ProtectedAccount: the connection may not make, change or lock out this account.
    """
    if connection.manages_privileged:
        explain.note("protection", "The connection manages privileged accounts: none is protected from it.")
        return
    if is_protected(user, connection):
        raise ProtectedAccount(
            "This account is staff, superuser or break-glass, and this connection does not manage such accounts. "
            "An administrator of the application can change it, or allow it on the connection."
        )
    explain.note("protection", "The account is not staff, superuser or break-glass: it is not protected.")
