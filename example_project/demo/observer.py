"""What a request changed in Django: the tables before and after, compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session

from django_provisioning.models import Account, Event, Identity

ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Facts = dict[str, Any]
Snapshot = dict[str, Facts]
"""One entry per Django user or group, e.g. ``{"user 2": {"name": "ada", "is_active": True, …}}``."""


def snapshot() -> Snapshot:
    """Read every user and group of the site with what a reader would ask about."""
    sessions = _sessions_per_user()
    users = get_user_model()._default_manager.order_by("pk").prefetch_related("groups")
    seen = {f"user {user.pk}": _user_facts(user, sessions) for user in users}
    for group in Group.objects.order_by("pk").prefetch_related("user_set"):
        members = ", ".join(sorted(member.get_username() for member in group.user_set.all()))
        seen[f"group {group.pk}"] = {"name": group.name, "members": members}
    return seen


def differences(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """Give one line per row that was made, went away or changed."""
    for row in sorted(after.keys() - before.keys()):
        told = {key: value for key, value in after[row].items() if key != "name" and value not in {"", 0}}
        facts = ", ".join(f"{key} {value}" for key, value in told.items())
        yield f"+ {row} {after[row]['name']}" + (f" ({facts})" if facts else "")
    for row in sorted(before.keys() - after.keys()):
        yield f"- {row} {before[row]['name']}"
    for row in sorted(before.keys() & after.keys()):
        changed = [
            f"{key} {_shown(before[row].get(key))} → {_shown(value)}"
            for key, value in after[row].items()
            if before[row].get(key) != value
        ]
        if changed:
            yield f"~ {row} {before[row]['name']}: " + "; ".join(changed)


def last_event_id() -> int:
    """Give the id of the newest event, 0 without any."""
    newest = Event.objects.order_by("-pk").first()
    return newest.pk if newest else 0


def events_since(event_id: int) -> Iterator[str]:
    """Give one line per audit event written after the one with that id."""
    for event in Event.objects.filter(pk__gt=event_id).order_by("pk"):
        effects = ", ".join(f"{key} {value}" for key, value in event.effects.items() if value)
        yield f"event {event.type} ({event.outcome})" + (f": {effects}" if effects else "")


def refusal(reference: str) -> str:
    """Give the reason that the event of a refused login holds, "" without such an event."""
    event = Event.objects.filter(type="login.refused", correlation_id=reference).first()
    return event.reason if event else ""


def roster() -> Iterator[tuple[str, ...]]:
    """Give one row per managed person: name, Django user, origin, managed by, state, groups."""
    for account in Account.objects.select_related("user").order_by("user_id"):
        user = account.user
        groups = ", ".join(sorted(user.groups.values_list("name", flat=True)))
        yield (
            user.get_full_name() or user.get_username(),
            f"{user.get_username()} (pk {user.pk}, {'active' if user.is_active else 'inactive'})",
            account.get_origin_display(),
            f"{account.get_managed_by_display()} ({_connections(account)})",
            account.get_state_display(),
            groups or "-",
        )


def _connections(account: Account) -> str:
    links = Identity.objects.filter(user_id=account.user_id)
    names = ", ".join(sorted(set(links.values_list("connection__name", flat=True))))
    return names if links.filter(live=True).exists() else f"formerly {names}"


def _user_facts(user: Any, sessions: dict[str, int]) -> Facts:
    facts: Facts = {
        "name": user.get_username(),
        "full name": user.get_full_name(),
        "email": user.email,
        "is_active": user.is_active,
        "groups": ", ".join(sorted(group.name for group in user.groups.all())),
        "session rows": sessions.get(str(user.pk), 0),
        "password": "usable" if user.has_usable_password() else "unusable",
    }
    account = Account.objects.filter(user=user).first()
    if account:
        facts |= {"origin": account.origin, "managed by": account.managed_by, "state": account.state}
    return facts | _pushed(user)


def _pushed(user: Any) -> Facts:
    identity = Identity.objects.filter(user=user).order_by("-pk").first()
    if identity is None:
        return {}
    enterprise = identity.attributes.get(ENTERPRISE_SCHEMA, {})
    return {
        "title": identity.attributes.get("title", ""),
        "department": enterprise.get("department", ""),
        "manager": _user_name(enterprise.get("manager", {}).get("value")),
        "SSO subject": identity.subject or "",
    }


def _user_name(scim_id: str | None) -> str:
    identity = Identity.objects.filter(scim_id=scim_id).first() if scim_id else None
    return identity.user_name if identity else ""


def _sessions_per_user() -> dict[str, int]:
    counts: dict[str, int] = {}
    for session in Session.objects.all():
        owner = session.get_decoded().get(SESSION_KEY)
        if owner is not None:
            counts[str(owner)] = counts.get(str(owner), 0) + 1
    return counts


def _shown(value: Any) -> str:
    return "(none)" if value in {"", None} else str(value)
