"""What the page of a Django user shows of its provisioning: source, state, identities, owned fields, last events."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from ...lifecycle import ownership
from ...models import Account, Event
from ...models.membership import membership_table
from ...reports.drift import drift_of
from ...reports.sources import source_of
from ..account.sections import events_of
from ..base import link_to
from .forms import account_of, identities_of, owned_by, reason_of

MOST_EVENTS = 5
_APP = "django_provisioning"


def panel(site: AdminSite, request: HttpRequest, user: Any) -> dict[str, Any]:
    """Give what the panel shows [2 queries, beside account and identities]."""
    viewer: Any = request.user
    identities, account = identities_of(user), account_of(user)
    may_see_events = site.is_registered(Event) and viewer.has_perm(f"{_APP}.view_event")
    return {
        "source": source_of(account, identities),
        "account": account,
        "account_url": _account_url(site, viewer, account),
        "identities": [(identity, _connection(site, viewer, identity)) for identity in identities],
        "owned": _owned_lines(user),
        "groups": _foreign_groups(user, identities),
        "drift": drift_of(identities, user),
        "may_see_events": may_see_events,
        "events": [
            (event, link_to(site, event, event.type))
            for event in events_of(user)[:MOST_EVENTS]
            if may_see_events
        ],
        "events_url": _events_url(site, user) if may_see_events else "",
    }


def _account_url(site: AdminSite, viewer: Any, account: Account | None) -> str:
    wanted = (f"{_APP}.view_account", f"{_APP}.change_account", f"{_APP}.offboard_account")
    if account is None or not site.is_registered(Account) or not any(map(viewer.has_perm, wanted)):
        return ""
    return reverse(f"admin:{_APP}_account_change", args=[account.pk], current_app=site.name)


def _events_url(site: AdminSite, user: Any) -> str:
    query = {"subject_type__exact": "user", "subject_id__exact": str(user.pk)}
    return reverse(f"admin:{_APP}_event_changelist", current_app=site.name) + "?" + urlencode(query)


def _connection(site: AdminSite, viewer: Any, identity: Any) -> str:
    if viewer.has_perm(f"{_APP}.view_connection"):
        return link_to(site, identity.connection)
    return str(identity.connection)


def _owned_lines(user: Any) -> list[tuple[str, str]]:
    fields = user._meta
    return [(fields.get_field(name).verbose_name, reason_of(owner)) for name, owner in owned_by(user).items()]


def _foreign_groups(user: Any, identities: Any) -> list[str]:
    """Name the groups of a user that a connection decides; a person of no connection has none [0-1 query]."""
    if not ownership.owning(user, identities):
        return []
    table = membership_table()
    mine = table.rows.filter(**{table.user: user}).values(table.group_id)
    return sorted(map(str, ownership.groups_decided_elsewhere(user, identities).filter(pk__in=mine)))
