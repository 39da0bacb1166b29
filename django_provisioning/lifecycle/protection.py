"""Who may not be touched by a directory: staff, superusers and break-glass accounts (DESIGN: policies).

``mapping.reach`` says who that is; here a write is refused.
"""

from __future__ import annotations

from typing import Any

from ..exceptions import ProtectedAccount
from ..mapping.reach import is_protected
from ..models import Connection
from . import explain


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
