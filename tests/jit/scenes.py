"""What the tests of the login door ask again and again."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import get_user_model

from django_provisioning.models import Account, Connection, Event, Identity
from django_provisioning.models.membership import membership_table
from tests.factories import make_token
from tests.jit.browser import Page
from tests.scim_client import ScimClient

_REFERENCE = re.compile(r"<code>([0-9a-f]{12})</code>")


def refusal(page: Page, status: int = 403) -> Event:
    """Give the event that the reference on a refusal page leads to; fail if this is no such page."""
    assert page.status == status, page.text
    found = _REFERENCE.search(page.text)
    assert found, page.text
    event = Event.objects.get(correlation_id=found[1])
    assert (event.type, event.outcome) == ("login.refused", "failure")
    return event


def directory_of(connection: Connection) -> ScimClient:
    """Give the directory that pushes into the connection."""
    return ScimClient(make_token(connection))


def identity_of(connection: Connection, user_name: str) -> Identity:
    """Read the live identity of a person again, with nothing cached."""
    found = Identity.objects.select_related("user", "user__provisioning_account")
    return found.get(connection=connection, user_name=user_name, live=True)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Read what a refused login must leave alone: every user, identity, account and membership."""
    tables: dict[str, Any] = {
        "users": get_user_model()._base_manager,
        "identities": Identity.objects,
        "accounts": Account.objects,
        "memberships": membership_table().rows,
    }
    return {name: list(rows.order_by("pk").values()) for name, rows in tables.items()}
