"""A browser of the admin, as seen by a person with certain permissions."""

from __future__ import annotations

import itertools
import re
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from tests.lifecycle.people import local_user

ALL_PERMISSIONS = (
    "add_connection", "change_connection", "view_connection", "manage_connection", "issue_token",
    "view_account", "change_account", "offboard_account", "view_identity", "view_grouplink", "view_sessionindex",
    "view_event",
)  # fmt: skip
AUDITOR = (
    "view_connection",
    "view_account",
    "view_identity",
    "view_grouplink",
    "view_sessionindex",
    "view_event",
)
MODELS = ("connection", "account", "identity", "grouplink", "sessionindex", "event")
TOKEN = re.compile(r"djprov_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}")

_numbers = itertools.count(1)


class Browser:
    """A logged-in person; ``get("account_changelist")`` names pages as Django does, without the app."""

    def __init__(
        self, *permissions: str, is_superuser: bool = False, enforce_csrf_checks: bool = False
    ) -> None:
        self.person = local_user(f"clerk{next(_numbers)}", is_staff=True, is_superuser=is_superuser)
        wanted = Permission.objects.filter(
            content_type__app_label="django_provisioning", codename__in=permissions
        )
        assert len(wanted) == len(set(permissions)), "a permission of the test does not exist"
        self.person.user_permissions.set(wanted)
        self.client = Client(enforce_csrf_checks=enforce_csrf_checks)
        self.client.force_login(self.person)

    def get(self, page: str, *args: Any, query: dict[str, Any] | None = None) -> Any:
        """Open a page."""
        return self.client.get(url_of(page, *args), query or {})

    def post(self, page: str, *args: Any, **fields: Any) -> Any:
        """Send a form."""
        return self.client.post(url_of(page, *args), fields)


def superuser() -> Browser:
    """Give the browser of a superuser."""
    return Browser(is_superuser=True)


def url_of(page: str, *args: Any) -> str:
    """Give the URL of an admin page of this app."""
    return reverse(f"admin:django_provisioning_{page}", args=args)


def text_of(response: Any) -> str:
    """Give the body, rendered."""
    return str(response.content.decode())


def messages_of(response: Any) -> list[str]:
    """Give the messages that the next page would show."""
    return [str(message) for message in response.wsgi_request._messages]


def connection_fields(**changed: Any) -> dict[str, Any]:
    """Give what the form of a connection sends; a checkbox that is off sends nothing."""
    fields = {
        "name": "Acme", "slug": "acme", "idp": "okta", "enabled": "on", "jit": "off",
        "group_sync": "off",
        "linking": "never",
        "delete_mode": "deprovision", "visibility": "managed", "group_prefix": "",
        "mass_leave_percent": "20", "mass_leave_minutes": "10", "stale_action": "report", "stale_warning_days": "7",
    } | changed  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}
