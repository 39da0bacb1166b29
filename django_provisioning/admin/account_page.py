"""What the page of an account shows beside its form: identities, groups, sessions, open revocations, events."""

from __future__ import annotations

from typing import Any

from ..conf import settings
from ..models import Account, Event, GroupLink, Identity, PendingRevocation, SessionIndex
from ..models.membership import group_model, membership_table

MOST_LINES = 50
MOST_EVENTS = 20


def sections(account: Account) -> dict[str, Any]:
    """Give the lines of every section, newest first, each of them limited [7 queries]."""
    user = account.user
    identities = Identity.objects.filter(user=user).select_related("connection")
    sessions = SessionIndex.objects.filter(user=user).select_related("connection")
    return {
        "identities": identities.order_by("-live", "-pk")[:MOST_LINES],
        "groups": _groups(user),
        # The key of a session opens it: whoever reads it is that person.
        "sessions": sessions.defer("session_key").order_by("-last_seen_at")[:MOST_LINES],
        "pending": PendingRevocation.objects.filter(user=user).order_by("revoker"),
        "events": events_of(user)[:MOST_EVENTS],
    }


def events_of(user: Any) -> Any:
    """Give the events about a user, newest first, by their index."""
    return Event.objects.filter(subject_type="user", subject_id=str(user.pk)).order_by("-pk")


def _groups(user: Any) -> list[dict[str, Any]]:
    """Give the user's groups by name; ``link`` is the group link of those that an IdP pushed."""
    table = membership_table()
    keys = table.rows.filter(**{table.user: user}).values(table.group_id)
    name = settings.GROUP_NAME_FIELD
    groups: list[Any] = list(group_model()._default_manager.filter(pk__in=keys).order_by(name)[:MOST_LINES])
    links = GroupLink.objects.filter(group__in=groups).select_related("connection")
    by_group = {link.group_id: link for link in links}
    return [{"name": getattr(group, name), "link": by_group.get(group.pk)} for group in groups]
