"""The record of each removal: written with it, closed when nothing is left to revoke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils import timezone

from .. import signals
from ..models import Event, Leave, PendingRevocation
from . import revocation
from .context import Context
from .transactions import on_commit

_PATHS: Mapping[str, str] = {
    "scim": Leave.Path.SCIM_PATCH,
    "sso_login": Leave.Path.LOGIN,
    "admin": Leave.Path.ADMIN,
    "command": Leave.Path.COMMAND,
    "policy": Leave.Path.STALE_POLICY,
    "application": Leave.Path.APPLICATION,
}


def record(context: Context, user: Any, event: Event, *, everywhere: bool, ended: Mapping[str, Any]) -> None:
    """Write the row in the leave's transaction and see to its end after the commit [1 query, 1 after the commit].

    ``user`` is None, or has no key any more, where the row of the user goes in the same transaction.
    """
    leave = Leave(
        event_uid=event.uid,
        user=user if user is not None and user.pk is not None else None,
        subject_id=event.subject_id,
        subject_label=event.subject_label,
        connection=context.connection,
        connection_slug=event.connection_slug,
        path=context.via or _PATHS.get(context.actor.type, Leave.Path.COMMAND),
        everywhere=everywhere,
        received_at=context.now,
        deactivated_at=timezone.now(),
        ended={name: effect for name, effect in ended.items() if effect},
    )
    leave.save(force_insert=True)
    on_commit(partial(_finish, context, leave, user, bool(ended.get("open"))))


def close_finished(user: Any) -> int:
    """Close the leaves of a user for whom nothing is pending any more, and give how many [2 queries]."""
    if PendingRevocation.objects.filter(user=user).exists():
        return 0
    open_ones = list(Leave.objects.filter(user=user, closed_at=None))
    if open_ones:
        Leave.objects.filter(pk__in=[leave.pk for leave in open_ones]).update(closed_at=timezone.now())
        for leave in open_ones:
            signals.access_revoked.send_robust(sender=Leave, user=user, leave=leave)
    return len(open_ones)


def _finish(context: Context, leave: Leave, user: Any, is_open: bool) -> None:
    """Note when the change was durable, run what waited for that, and close the leave if nothing failed."""
    values: dict[str, Any] = {"deactivated_at": timezone.now()}
    if context.via == Leave.Path.CONNECTION:
        context = replace(context, connection=None)  # It may be deleted by now.
    if is_open and leave.user_id is not None:
        ended = revocation.complete(context, user)
        is_open = revocation.is_open(user)
        values["ended"] = {
            **{name: effect for name, effect in leave.ended.items() if name != "open"},
            **ended,
        }
    if not is_open:
        values["closed_at"] = timezone.now()
    Leave.objects.filter(pk=leave.pk).update(**values)
    if not is_open:
        signals.access_revoked.send_robust(sender=Leave, user=user, leave=leave)
