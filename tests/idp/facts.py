"""What Django holds after a story: facts checked through the ORM, and a snapshot to compare."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from django_provisioning.models import Connection, Event, GroupLink, Identity

from .matching import mismatches

_IDENTITY_STATE = ("scim_id", "user_name", "external_id", "live", "active", "user__is_active", "attributes")


def fact_mismatches(connection: Connection, fact: dict[str, Any], variables: dict[str, Any]) -> list[str]:
    """Give one sentence for each part of a fact that does not hold; README.md lists the kinds of facts."""
    if "user" in fact:
        return _user_mismatches(connection, dict(fact))
    if "group" in fact:
        return _group_mismatches(connection, dict(fact))
    if "distinct" in fact:
        seen = variables[fact["distinct"]]
        found = {"seen": len(seen), "distinct": len(set(seen))}
        return mismatches(dict.fromkeys(found, fact["count"]), found, fact["distinct"])
    counts = {
        "users": connection.identities.filter(live=True).count(),
        "groups": connection.group_links.count(),
    }
    return mismatches(fact, counts, "counts")


def state_of(connection: Connection) -> dict[str, Any]:
    """Give all that a repeated request may not change: accounts, identities, groups, members, event count."""
    return {
        "accounts": get_user_model()._default_manager.count(),
        "identities": list(connection.identities.order_by("id").values_list(*_IDENTITY_STATE)),
        "groups": [
            (link.scim_id, link.display_name, link.external_id, sorted(_member_names(connection, link)))
            for link in connection.group_links.order_by("id")
        ],
        "changes": Event.objects.filter(connection=connection, outcome=Event.Outcome.SUCCESS).count(),
    }


def privileged_users(connection: Connection) -> list[str]:
    """Give the userNames of the connection whose accounts are staff or superuser: always none."""
    return [
        row.user_name
        for row in connection.identities.select_related("user")
        if getattr(row.user, "is_staff", False) or getattr(row.user, "is_superuser", False)
    ]


def _user_mismatches(connection: Connection, fact: dict[str, Any]) -> list[str]:
    name = fact.pop("user")
    named = connection.identities.filter(user_name=name).select_related("user")
    live = named.filter(live=True).first()
    if not fact.pop("exists", True):
        return _gone_mismatches(name, live, named)
    if live is None:
        return [f"user {name}: not there"]
    found: dict[str, Any] = {
        "is_active": live.user.is_active,
        "external_id": live.external_id,
        "groups": sorted(link.display_name for link in _links_of(connection, live)),
        "accounts": len({row.user_id for row in named}),
    }
    for field in ("email", "first_name", "last_name"):
        demand = fact.pop(field, None)
        if demand is not None and _holds_attribute(field):
            fact[field], found[field] = demand, getattr(live.user, field)
    return mismatches(fact, found, f"user {name}")


def _gone_mismatches(name: str, live: Identity | None, named: Any) -> list[str]:
    """A deleted user is in no connection's list, and the account behind the tombstone cannot sign in."""
    if live is not None:
        return [f"user {name}: still there"]
    return [f"user {name}: the account stays active" for row in named if row.user.is_active]


def _group_mismatches(connection: Connection, fact: dict[str, Any]) -> list[str]:
    name = fact.pop("group")
    link = connection.group_links.filter(display_name=name).first()
    if not fact.pop("exists", True):
        return [] if link is None else [f"group {name}: still there"]
    if link is None:
        return [f"group {name}: not there"]
    members = _member_names(connection, link)
    return mismatches(fact, {"members": members, "size": len(members)}, f"group {name}")


def _member_names(connection: Connection, link: GroupLink) -> list[str]:
    """Give the userNames of the Django users in the Django group, not what SCIM would answer."""
    users = get_user_model()._default_manager.filter(groups=link.group_id).values_list("pk", flat=True)
    members = connection.identities.filter(live=True, user_id__in=users)
    return list(members.values_list("user_name", flat=True))


def _links_of(connection: Connection, identity: Identity) -> list[GroupLink]:
    groups = identity.user.groups.values_list("pk", flat=True)
    return list(connection.group_links.filter(group_id__in=groups))


def _holds_attribute(field: str) -> bool:
    """Say whether the user model has the field for the attribute, and not for the userName."""
    user_model = get_user_model()
    return hasattr(user_model, field) and field != user_model.USERNAME_FIELD
