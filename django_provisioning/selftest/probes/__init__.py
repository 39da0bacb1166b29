"""The kinds of credential that can be made and presented, those of what is installed.

A project adds its own with the setting ``SELFTEST_PROBES``: dotted paths of ``Probe`` classes.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.module_loading import import_string

from ...conf import settings
from .base import Probe

_HERE = "django_provisioning.selftest.probes"
BUILT_IN = (
    f"{_HERE}.sessions.SessionProbe",
    f"{_HERE}.authtoken.AuthTokenProbe",
    f"{_HERE}.knox.KnoxProbe",
    f"{_HERE}.simplejwt.SimpleJwtProbe",
    f"{_HERE}.oauth.OAuthProbe",
)


def installed() -> Sequence[Probe]:
    """Give a probe for every kind of credential that the project has."""
    probes: list[Probe] = [import_string(path)() for path in (*BUILT_IN, *settings.SELFTEST_PROBES)]
    return [probe for probe in probes if probe.is_installed()]
