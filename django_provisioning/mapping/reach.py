"""Reach: whom a connection may change at all, and whom only this application may (DESIGN: policies).

Staff, superusers and break-glass accounts are out of the reach of a connection that does not manage privileged ones.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ..models import Account, Connection

# The flags that open the admin.
PRIVILEGES = ("is_staff", "is_superuser")


def is_privileged(user: Any) -> bool:
    """Whether the user carries a flag that opens the admin."""
    return any(getattr(user, flag, False) for flag in PRIVILEGES)


def is_protected(user: Any, connection: Connection) -> bool:
    """Whether the account is out of the connection's reach [1 query where the account is not loaded with the user]."""
    if connection.manages_privileged:
        return False
    account = getattr(user, "provisioning_account", None)
    return is_privileged(user) or (account is not None and account.kind == Account.Kind.BREAK_GLASS)


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
