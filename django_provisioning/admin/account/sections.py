"""What the page of an account shows beside its form: how it stands, identities, who decides what, drift, timeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from ...conf import settings
from ...lifecycle.holdings import held_by
from ...lifecycle.revokers.sessions import SessionRevoker
from ...lifecycle.sign_out import can_list_sessions
from ...models import Account, Event, GroupLink, Identity, PendingRevocation, SessionIndex
from ...models.membership import group_model, membership_table
from ...reports.deciders import deciders_of
from ...reports.drift import drift_of
from ...reports.standing import Sessions, standing
from ..event import old_and_new, shown

MOST_LINES = 50
MOST_EVENTS = 20


def sections(account: Account, *, with_events: bool = True) -> dict[str, Any]:
    """Give the lines of every section, newest first, each of them limited; events only to those who may see them.

    [7 queries, and one for each table of tokens]
    """
    user = account.user
    rows = Identity.objects.filter(user=user).select_related("connection")
    identities = list(rows.order_by("-live", "-pk")[:MOST_LINES])
    sessions = SessionIndex.objects.filter(user=user).select_related("connection")
    holdings = list(held_by(user))
    counted = [one.count for one in holdings if one.kind == SessionRevoker.kind and one.count is not None]
    known = counted[0] if counted else sessions.count()
    return {
        "standing": standing(account, identities, Sessions(known, can_list_sessions()), timezone.now()),
        "identities": identities,
        "deciders": deciders_of(identities, user),
        "drift": drift_of(identities, user),
        "is_pushed": any(identity.live and identity.scim_managed for identity in identities),
        "holdings": holdings,
        "can_list_sessions": can_list_sessions(),
        "groups": _groups(user, identities),
        # The key of a session opens it: whoever reads it is that person.
        "sessions": sessions.defer("session_key").order_by("-last_seen_at")[:MOST_LINES],
        "pending": PendingRevocation.objects.filter(user=user).order_by("revoker"),
        "may_see_events": with_events,
        "events": [_line(event) for event in events_of(user)[:MOST_EVENTS]] if with_events else [],
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


def _groups(user: Any, identities: Iterable[Identity]) -> list[dict[str, Any]]:
    """Give the user's groups by name, and where each came from.

    ``link`` is the group link of those that an IdP pushed; ``default_of`` the connection whose policy puts new people
    into the group.
    """
    table = membership_table()
    keys = table.rows.filter(**{table.user: user}).values(table.group_id)
    name = settings.GROUP_NAME_FIELD
    groups: list[Any] = list(group_model()._default_manager.filter(pk__in=keys).order_by(name)[:MOST_LINES])
    links = GroupLink.objects.filter(group__in=groups).select_related("connection")
    by_group = {link.group_id: link for link in links}
    defaults = {
        default: one.connection for one in identities if one.live for default in one.connection.default_groups
    }
    return [
        {
            "name": getattr(group, name),
            "link": by_group.get(group.pk),
            "default_of": defaults.get(getattr(group, name)),
        }
        for group in groups
    ]
