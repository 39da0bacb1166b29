"""Keeps ``Account.managed_by`` and ``Account.state`` what the live identities and the user row say."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from ..exceptions import UnknownResource
from ..mapping.reach import PRIVILEGES
from ..models import Account, Identity
from .context import Context
from .transactions import lock, update_fields


def managed_by(user: Any) -> str:
    """Derive who looks after an account from its live identities [1 query]."""
    links = list(Identity.objects.filter(user=user, live=True).values_list("scim_managed", "subject"))
    scim = any(managed for managed, _ in links)
    sso = any(subject is not None for _, subject in links)
    if scim and sso:
        return Account.ManagedBy.SCIM_SSO
    if scim or sso:
        return Account.ManagedBy.SCIM if scim else Account.ManagedBy.SSO
    return Account.ManagedBy.NONE


def account_of(context: Context, user: Any, *, origin: str) -> Account:
    """Give the account of a user; one without a row was there before us, and gets ``origin`` now [0-2 queries]."""
    account: Account | None = getattr(user, "provisioning_account", None)
    if account is None:
        state = Account.State.ACTIVE if user.is_active else Account.State.SUSPENDED
        account, _made = Account.objects.get_or_create(
            user=user, defaults={"origin": origin, "state": state, "created_at": context.now}
        )
        user.provisioning_account = account
    return account


def locked(context: Context, user: Any, *, origin: str) -> Account:
    """Lock a user with the account, bring what a verb decides on up to date, and give the account [1-4 queries].

    Raises:
        UnknownResource: the user was deleted meanwhile.
    """
    account = lock(Account.objects.select_related("user"), "self", "user").filter(user=user).first()
    rows = lock(get_user_model()._base_manager.all(), "self")
    stored = account.user if account is not None else rows.filter(pk=user.pk).first()
    if stored is None:
        raise UnknownResource("The user is not there any more.")
    for name in ("is_active", "password", *PRIVILEGES):
        if hasattr(stored, name):
            setattr(user, name, getattr(stored, name))
    if account is None:
        user._state.fields_cache.pop("provisioning_account", None)
        return account_of(context, user, origin=origin)
    account.user = user
    user.provisioning_account = account
    return account  # type: ignore[no-any-return]


def refresh(account: Account, **values: Any) -> None:
    """Write the derived management and the given values, where they differ [1-2 queries]."""
    write(account, managed_by=managed_by(account.user), **values)


def write(account: Account, **values: Any) -> None:
    """Write the values that differ [0-1 queries]."""
    update_fields(
        account, **{name: value for name, value in values.items() if getattr(account, name) != value}
    )
