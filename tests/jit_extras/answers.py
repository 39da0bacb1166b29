"""What a login left behind."""

from __future__ import annotations

from django.test import Client

from django_provisioning.models import Event


def whoami(client: Client) -> str | None:
    """Give the login name of the session."""
    name: str | None = client.get("/whoami/").json()["user"]
    return name


def refusal() -> Event:
    """Give the only refused login."""
    return Event.objects.get(type="login.refused")
