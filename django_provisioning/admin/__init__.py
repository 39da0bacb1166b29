"""The plain Django admin: connections with their tokens, accounts, identities, groups, sessions and events.

Owns pages and forms. Reads through ``models`` and ``reports``, writes only through ``lifecycle``; may import
``mapping``, ``protocol``, ``conf`` and ``exceptions`` as well. A page of one file is named after its model; one of many
is a package: ``account``, ``connection``, ``token``, ``explain``, ``user``. ``base``, ``paging``, ``people_search``,
``filters``, ``exports`` and ``operations`` serve all pages.

Start reading in ``account/model_admin.py`` for a list and its page, in ``account/verbs.py`` and ``operations.py`` for
everything that a button starts. A project with an ``AdminSite`` of its own calls ``register(site)``; its own page of
users derives from ``user_admin.ProvisioningUserAdminMixin``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from ..models import (
    Account,
    Connection,
    ConnectionToken,
    Dashboard,
    Event,
    GroupLink,
    Identity,
    Leave,
    ScimRequest,
    SessionIndex,
)
from .account.model_admin import AccountAdmin
from .connection.model_admin import ConnectionAdmin
from .dashboard import DashboardAdmin
from .event import EventAdmin
from .group import GroupLinkAdmin
from .identity import IdentityAdmin
from .leave import LeaveAdmin
from .request import ScimRequestAdmin
from .session import SessionIndexAdmin
from .token.model_admin import ConnectionTokenAdmin

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

__all__ = ["register"]

_PAGES = (
    (Dashboard, DashboardAdmin),
    (Connection, ConnectionAdmin),
    (ConnectionToken, ConnectionTokenAdmin),
    (Account, AccountAdmin),
    (Identity, IdentityAdmin),
    (GroupLink, GroupLinkAdmin),
    (SessionIndex, SessionIndexAdmin),
    (Event, EventAdmin),
    (Leave, LeaveAdmin),
    (ScimRequest, ScimRequestAdmin),
)


def register(site: AdminSite) -> None:
    """Add the pages of this app to an admin site."""
    for model, page in _PAGES:
        site.register(model, page)


register(admin.site)
