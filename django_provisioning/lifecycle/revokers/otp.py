"""Ends the second factors of django-otp: whoever returns enrols anew, as after a lost phone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models import Model

from ...models import Connection
from .base import RowRevoker


class DeviceRevoker(RowRevoker):
    """Deletes the user's devices of every plugin: static codes, TOTP, e-mail, WebAuthn [1-2 queries per plugin].

    A device belongs to the person and to no connection: while another one vouches for the person it stays, because
    taking a second factor away would open that account further.
    """

    kind = "otp_devices"
    nature = "factor"
    app = "django_otp"

    def tables(self) -> Sequence[type[Model]]:
        """Give every installed device model."""
        from django_otp.models import Device  # noqa: PLC0415 - an optional library

        return [model for model in apps.get_models() if issubclass(model, Device) and not model._meta.proxy]

    def followed(self) -> Sequence[type[Model]]:
        """Give nothing: devices have no connection."""
        return ()

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Delete the devices when all access ends."""
        return super().revoke(user, None) if connection is None else 0
