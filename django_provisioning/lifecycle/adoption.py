"""Adoption: users from before the install get an account row and, where an administrator says so, a connection.

An origin is never guessed: it stays "unknown" unless whoever runs it knows better. A batch is one transaction, and who
has been adopted is not found again, so a run that was stopped goes on where it ended.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, Q

from ..exceptions import ProvisioningError
from ..mapping.fields import key_text, user_map
from ..models import Account, Connection, Event, Identity
from ..protocol.comparison import fold
from . import audit
from .context import Context
from .protection import require_unprotected
from .transactions import lock, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who is adopted, and as what. ``domain`` and ``names`` say whom the connection vouches for from now on."""

    origin: str = Account.Origin.UNKNOWN
    connection: Connection | None = None
    domain: str = ""
    names: frozenset[str] = frozenset()

    def user_name_of(self, user: Any) -> str:
        """Give the userName under which the IdP knows the user, "" for one who is not meant."""
        login = str(user.get_username())
        if login in self.names:
            return login
        mail = user_map().fields.get("emails")
        for text in (login, str(getattr(user, mail, "") or "") if mail else ""):
            if self.domain and fold(text).endswith(f"@{fold(self.domain)}"):
                return text
        return ""


@dataclass(slots=True)
class Batch:
    """What became of some users: numbers by what happened, and who was left out and why."""

    last: Any = None
    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def adopt(
    context: Context, plan: Plan, *, size: int = 500, dry_run: bool = False
) -> Generator[Batch, None, None]:
    """Adopt everybody whom the plan means, batch by batch, in the order of the primary key [6 queries a batch].

    A dry run looks at the same users, gives the same numbers and writes nothing.
    """
    last = None
    while True:
        batch = _once_more(partial(_batch, context, plan, last, (size, dry_run)))
        if batch.last is None:
            return
        last = batch.last
        yield batch


def _once_more(work: Callable[[], Batch]) -> Batch:
    """Run a batch; a login that made the same row between the look and the insert makes it look again."""
    try:
        return run(work)
    except IntegrityError:
        return run(work)


def _batch(context: Context, plan: Plan, after: Any, how: tuple[int, bool]) -> Batch:
    size, dry_run = how
    batch = Batch()
    users = list(_users(plan, after)[:size])
    if not users:
        return batch
    batch.last = users[-1].pk
    new = [
        _account(context, plan, user) for user in users if getattr(user, "provisioning_account", None) is None
    ]
    batch.counts["accounts"] = len(new)
    identities, events = _identities(context, plan, users, batch)
    batch.counts["linked"] = len(identities)
    if not dry_run:
        Account.objects.bulk_create(new)
        Identity.objects.bulk_create(identities)
        if new:
            subject = audit.Subject("batch", "", f"{len(new)} accounts")
            effects = {"accounts": len(new), "origin": str(plan.origin)}
            events.append(audit.described(context, "adoption.done", subject, effects=effects))
        audit.record_many(events)
    return batch


def _users(plan: Plan, after: Any) -> Any:
    """Give users without an account row, and those without any connection where one is to be given."""
    rows = lock(
        get_user_model()._default_manager.select_related("provisioning_account").order_by("pk"), "self"
    )
    wanted = Q(provisioning_account=None)
    if plan.connection is not None:
        wanted |= ~Q(Exists(Identity.objects.filter(user=OuterRef("pk"))))
    rows = rows.filter(wanted)
    return rows if after is None else rows.filter(pk__gt=after)


def _account(context: Context, plan: Plan, user: Any) -> Account:
    active = bool(user.is_active)
    return Account(
        user=user,
        origin=plan.origin,
        state=Account.State.ACTIVE if active else Account.State.SUSPENDED,
        suspension=Account.Suspension.NONE if active else Account.Suspension.ADMINISTRATOR,
        created_at=getattr(user, "date_joined", None) or context.now,
    )


def _identities(
    context: Context, plan: Plan, users: list[Any], batch: Batch
) -> tuple[list[Identity], list[Event]]:
    """Make the links that the plan confirms; whoever cannot be linked is named, never decided."""
    connection = plan.connection
    if connection is None:
        return [], []
    meant = {user.pk: name for user in users if (name := plan.user_name_of(user))}
    keys = [fold(name) for name in meant.values()]
    known = Identity.objects.filter(connection=connection, live=True, user_name_key__in=keys)
    taken = set(known.values_list("user_name_key", flat=True))
    identities, events = [], []
    for user in users:
        if user.pk not in meant:
            continue
        name = meant[user.pk]
        if reason := _refusal(user, connection, name, taken):
            batch.left_out.append((str(user.get_username()), reason))
            continue
        taken.add(fold(name))
        identity = _identity(context, user, name)
        identities.append(identity)
        subject = audit.Subject.user(user, identity.scim_id)
        changes = audit.difference({}, {"userName": name})
        events.append(audit.described(context, "account.linked", subject, changes=changes, reason="adopted"))
    return identities, events


def _refusal(user: Any, connection: Connection, name: str, taken: set[str]) -> str:
    if not user.is_active:
        return "is not active"
    if fold(name) in taken:
        return f"userName {name!r} belongs to somebody else in this connection"
    try:
        key_text(name, "userName")
        require_unprotected(user, connection)
    except ProvisioningError as error:
        return error.detail
    return ""


def _identity(context: Context, user: Any, name: str) -> Identity:
    """Give a link that neither SCIM nor a login has confirmed yet; the first of them makes it theirs."""
    return Identity(
        connection=context.required_connection,
        user=user,
        scim_id=str(uuid.uuid4()),
        user_name=name,
        user_name_key=fold(name),
        created_at=context.now,
        updated_at=context.now,
    )
