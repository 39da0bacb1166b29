"""Events: what is recorded, with which words, and the signals that follow after commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.dispatch import Signal

from .. import signals
from ..mapping.resource_types import group_type, user_type
from ..models import Connection, Event
from ..protocol.schema import ResourceType
from .context import Context
from .explain import note_event
from .transactions import on_commit

_JOINER = Event.Phase.JOINER
_MOVER = Event.Phase.MOVER
_LEAVER = Event.Phase.LEAVER

# Whatever is not here is of the phase "other": an import, for one, brings nobody who was not there.
PHASES: Mapping[str, str] = {
    "account.created": _JOINER,
    "account.adopted": _JOINER,
    "account.linked": _JOINER,
    "account.reinstated": _JOINER,
    "account.updated": _MOVER,
    "account.groups_changed": _MOVER,
    "account.subject_bound": _JOINER,
    "privilege.granted": _MOVER,
    "privilege.removed": _MOVER,
    "account.activated": _JOINER,
    "account.deactivated": _LEAVER,
    "account.suspended": _LEAVER,
    "account.suspension_lifted": Event.Phase.OTHER,
    "account.deleted": _LEAVER,
    "account.erased": _LEAVER,
    "group.created": _MOVER,
    "group.linked": _MOVER,
    "group.updated": _MOVER,
    "group.members_changed": _MOVER,
    "group.deleted": _MOVER,
}
_SIGNALS: Mapping[str, Signal] = {
    "account.created": signals.account_joined,
    "account.adopted": signals.account_joined,
    "account.linked": signals.account_joined,
    "account.activated": signals.account_joined,
    "account.updated": signals.account_moved,
    "account.deactivated": signals.account_left,
    "account.suspended": signals.account_left,
    "account.deleted": signals.account_left,
    "account.erased": signals.account_left,
    "account.reinstated": signals.account_rejoined,
    "account.stale_warned": signals.account_stale,
    "group.created": signals.group_changed,
    "group.linked": signals.group_changed,
    "group.updated": signals.group_changed,
    "group.members_changed": signals.group_changed,
    "group.deleted": signals.group_changed,
}
_LONGEST_VALUE = 256
_BATCH = 500
_SENSITIVE = frozenset({"password", "x509Certificates", "photos"})


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an event is about, as text that outlives the row."""

    type: str
    id: str = ""
    label: str = ""
    scim_id: str = ""
    instance: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def user(cls, user: Any, scim_id: str = "") -> Subject:
        """A Django user."""
        return cls("user", str(user.pk), str(user.get_username())[:255], scim_id, user)

    @classmethod
    def group(cls, link: Any) -> Subject:
        """A group of a connection."""
        return cls("group", str(link.group_id), link.display_name[:255], link.scim_id, link)

    @classmethod
    def connection(cls, connection: Connection) -> Subject:
        """A connection or something that belongs to it."""
        return cls("connection", str(connection.pk), connection.slug, "", connection)


def record(
    context: Context,
    type_: str,
    subject: Subject,
    *,
    changes: Mapping[str, Any] | None = None,
    effects: Mapping[str, Any] | None = None,
    outcome: str = Event.Outcome.SUCCESS,
    reason: str = "",
) -> Event:
    """Write one event in the present transaction and send its signal after commit [1 query]."""
    event = described(
        context, type_, subject, changes=changes, effects=effects, outcome=outcome, reason=reason
    )
    event.save(force_insert=True)
    note_event(event)
    signal = _SIGNALS.get(type_)
    if signal is not None and outcome == Event.Outcome.SUCCESS and signal.has_listeners(Event):
        payload = {"group" if subject.type == "group" else "user": subject.instance}
        on_commit(lambda: signal.send_robust(sender=Event, event=event, **payload))
    return event


def record_many(events: Sequence[Event]) -> None:
    """Write what ``described`` gave, a batch at a time; no signal is sent [1 query a batch]."""
    Event.objects.bulk_create(events, batch_size=_BATCH)


def described(
    context: Context,
    type_: str,
    subject: Subject,
    *,
    changes: Mapping[str, Any] | None = None,
    effects: Mapping[str, Any] | None = None,
    outcome: str = Event.Outcome.SUCCESS,
    reason: str = "",
) -> Event:
    """Give an event that is not written yet; effects that are nothing are left out."""
    return Event(
        occurred_at=context.now,
        type=type_,
        phase=PHASES.get(type_, Event.Phase.OTHER),
        outcome=outcome,
        reason=reason[:100],
        actor_type=context.actor.type,
        actor_id=context.actor.id,
        actor_label=context.actor.label[:255],
        connection=context.connection,
        connection_slug=context.connection.slug if context.connection else "",
        subject_type=subject.type,
        subject_id=subject.id,
        subject_label=subject.label,
        scim_id=subject.scim_id,
        changes=dict(changes or {}),
        effects={name: effect for name, effect in (effects or {}).items() if effect},
        correlation_id=context.correlation_id,
        batch_id=context.batch_id,
        ip=context.ip,
    )


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give ``{"attribute": {"old": …, "new": …}}`` for what differs; secrets redacted, long values cut.

    >>> difference({"title": "A"}, {"title": "B"})
    {'title': {'old': 'A', 'new': 'B'}}
    """
    changes = {}
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            changes[name] = {"old": _shown(name, old.get(name)), "new": _shown(name, new.get(name))}
    return changes


def _shown(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _SENSITIVE or name in _never_returned(user_type()) | _never_returned(group_type()):
        return "<redacted>"
    if name.startswith("urn:") and isinstance(value, Mapping):
        return {inner: _shown(f"{name}:{inner}", part) for inner, part in value.items()}
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        return value[:_LONGEST_VALUE] + "…"
    return value


@lru_cache(maxsize=16)
def _never_returned(resource_type: ResourceType) -> frozenset[str]:
    """Name the extension attributes that hold, or have a part that is, a secret."""
    return frozenset(
        f"{extension.schema.id}:{attribute.name}"
        for extension in resource_type.extensions
        for attribute in extension.schema.attributes
        if any(part.returned == "never" for part in (attribute, *attribute.sub_attributes))
    )
