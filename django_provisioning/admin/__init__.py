"""The plain Django admin: connections with their tokens, accounts, identities, groups, sessions and events.

Owns pages and forms. Reads through the models, writes only through ``lifecycle``. Start reading in
``connection.py``, then ``operations.py`` for everything that a button starts. A project with an ``AdminSite`` of
its own calls ``register(site)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from ..models import Account, Connection, Dashboard, Event, GroupLink, Identity, Leave, SessionIndex
from .account import AccountAdmin
from .connection import ConnectionAdmin
from .dashboard import DashboardAdmin
from .event import EventAdmin
from .group import GroupLinkAdmin
from .identity import IdentityAdmin
from .leave import LeaveAdmin
from .session import SessionIndexAdmin

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

__all__ = ["register"]

_PAGES = (
    (Dashboard, DashboardAdmin),
    (Connection, ConnectionAdmin),
    (Account, AccountAdmin),
    (Identity, IdentityAdmin),
    (GroupLink, GroupLinkAdmin),
    (SessionIndex, SessionIndexAdmin),
    (Event, EventAdmin),
    (Leave, LeaveAdmin),
)


def register(site: AdminSite) -> None:
    """Add the pages of this app to an admin site."""
    for model, page in _PAGES:
        site.register(model, page)


register(admin.site)
