"""What the page of an account shows beside its form: identities, drift, groups, access, what is open, timeline."""

from __future__ import annotations

from typing import Any

from ..conf import settings
from ..lifecycle.holdings import held_by
from ..models import Account, Event, GroupLink, Identity, PendingRevocation, SessionIndex
from ..models.membership import group_model, membership_table
from ..reports.drift import drift_of
from .event import old_and_new, shown

MOST_LINES = 50
MOST_EVENTS = 20


def sections(account: Account) -> dict[str, Any]:
    """Give the lines of every section, newest first, each of them limited.

    [7 queries, and one for each table of tokens]
    """
    user = account.user
    rows = Identity.objects.filter(user=user).select_related("connection")
    identities = list(rows.order_by("-live", "-pk")[:MOST_LINES])
    sessions = SessionIndex.objects.filter(user=user).select_related("connection")
    return {
        "identities": identities,
        "drift": drift_of(identities, user),
        "is_pushed": any(identity.live and identity.scim_managed for identity in identities),
        "holdings": list(held_by(user)),
        "groups": _groups(user),
        # The key of a session opens it: whoever reads it is that person.
        "sessions": sessions.defer("session_key").order_by("-last_seen_at")[:MOST_LINES],
        "pending": PendingRevocation.objects.filter(user=user).order_by("revoker"),
        "events": [_line(event) for event in events_of(user)[:MOST_EVENTS]],
    }


def events_of(user: Any) -> Any:
    """Give the events about a user, newest first, by their index."""
    return Event.objects.filter(subject_type="user", subject_id=str(user.pk)).order_by("-pk")


def _line(event: Event) -> dict[str, Any]:
    """Give an event with its changes and effects as texts."""
    return {
        "event": event,
        "changes": [(name, *old_and_new(change)) for name, change in sorted(event.changes.items())],
        "effects": [(name, shown(value)) for name, value in sorted(event.effects.items())],
    }


def _groups(user: Any) -> list[dict[str, Any]]:
    """Give the user's groups by name; ``link`` is the group link of those that an IdP pushed."""
    table = membership_table()
    keys = table.rows.filter(**{table.user: user}).values(table.group_id)
    name = settings.GROUP_NAME_FIELD
    groups: list[Any] = list(group_model()._default_manager.filter(pk__in=keys).order_by(name)[:MOST_LINES])
    links = GroupLink.objects.filter(group__in=groups).select_related("connection")
    by_group = {link.group_id: link for link in links}
    return [{"name": getattr(group, name), "link": by_group.get(group.pk)} for group in groups]
