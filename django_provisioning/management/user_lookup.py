"""Which user a command speaks of."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from ..lifecycle.transactions import lock
from ..models import Account


def add_user_arguments(parser: ArgumentParser) -> Any:
    """Add ``--user`` and ``--user-pk``, one of which is needed, and ``--reason``; give the group of the former."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--user", help="login name, or primary key where no login name is the same")
    which.add_argument("--user-pk", help="primary key")
    parser.add_argument("--reason", required=True, help="why; stands in the audit trail")
    return which


def locked_user(user: str | None, user_pk: str | None) -> Any:
    """Lock and give the user that the arguments name [1-2 queries].

    Raises:
        CommandError: there is none, or the text is the login name of one and the primary key of another.
    """
    by_name = None if user is None else _locked(get_user_model().USERNAME_FIELD, user)
    by_key = _locked("pk", user_pk if user is None else user)
    if by_name is not None and by_key is not None and by_name != by_key:
        raise CommandError(f"{user!r} is the login name of one user and the key of another. Use --user-pk.")
    found = by_name if by_name is not None else by_key
    if found is None:
        raise CommandError(f"There is no user {user if user is not None else user_pk!r}.")
    return found


def account_facts(user: Any) -> dict[str, Any]:
    """Give what is printed of a user and the account."""
    account = Account.objects.filter(user=user).first()
    return {
        "user": user.get_username(),
        "user_pk": str(user.pk),
        "is_active": user.is_active,
        "state": account.state if account else None,
        "managed_by": account.managed_by if account else None,
    }


def _locked(column: str, value: str | None) -> Any:
    try:
        return (
            lock(get_user_model()._default_manager.order_by("pk"), "self").filter(**{column: value}).first()
        )
    except (ValueError, ValidationError):  # The text cannot be a key of this kind.
        return None
