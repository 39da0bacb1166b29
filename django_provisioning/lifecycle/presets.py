"""Presets: the policies of a connection in one word, for the ways in which organisations work (DESIGN §7).

A preset is a starting point: it is written into the connection once, and each policy can be changed afterwards. All
of them speak of the same policies, so that going from one to another leaves nothing of the first behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..exceptions import ProvisioningError
from ..models import Connection

_HOUR = 3600
# No preset suspends: an administrator reads the reports first, then sets stale_action to suspend.
_STALE: Mapping[str, Any] = {"stale_action": Connection.StaleAction.REPORT, "stale_warning_days": 7}


@dataclass(frozen=True, slots=True)
class Preset:
    """Policies under a name; ``audience`` says for whom they are."""

    name: str
    audience: str
    policies: Mapping[str, Any]


JIT_ONLY = Preset(
    "jit_only",
    "Teams with SSO and no directory push: the first login makes the account, each login refreshes it. Nobody tells "
    "when a person leaves, so sessions end after twelve hours and accounts unused for ninety days are reported.",
    {
        "jit": Connection.Jit.CREATE,
        "linking": Connection.Linking.NEVER,
        "attribute_sync": {"default": "always"},
        "group_sync": Connection.GroupSync.AUTHORITATIVE,
        "visibility": Connection.Visibility.MANAGED,
        "strict": False,
        "mass_leave_percent": 20,
        "mass_leave_halts": False,
        "session_max_age_seconds": 12 * _HOUR,
        "stale_after_days": 90,
        **_STALE,
    },
)
JIT_THEN_SCIM = Preset(
    "jit_then_scim",
    "Teams that begin with SSO and add the directory, or whose directory pushes late: a login may come first and makes "
    "the account, and the later push takes the same account over.",
    {
        "jit": Connection.Jit.CREATE,
        "linking": Connection.Linking.NEVER,
        "attribute_sync": {"default": "always"},
        "group_sync": Connection.GroupSync.OFF,
        "visibility": Connection.Visibility.MANAGED,
        "strict": False,
        "mass_leave_percent": 20,
        "mass_leave_halts": False,
        "session_max_age_seconds": None,
        "stale_after_days": None,
        **_STALE,
    },
)
SCIM_AUTHORITATIVE = Preset(
    "scim_authoritative",
    "Organisations whose directory decides alone: only people whom it pushed may log in, and a login changes nothing "
    "of them.",
    {
        "jit": Connection.Jit.OFF,
        "linking": Connection.Linking.NEVER,
        "attribute_sync": {"default": "never"},
        "group_sync": Connection.GroupSync.OFF,
        "visibility": Connection.Visibility.MANAGED,
        "strict": False,
        "mass_leave_percent": 20,
        "mass_leave_halts": False,
        "session_max_age_seconds": None,
        "stale_after_days": None,
        **_STALE,
    },
)
REGULATED = Preset(
    "regulated",
    "Organisations under audit: the directory decides alone, sessions end after eight hours, accounts unused "
    "for thirty days are reported, and when a tenth of the people leave at once nothing is written until somebody "
    "looked.",
    {
        **SCIM_AUTHORITATIVE.policies,
        "mass_leave_percent": 10,
        "mass_leave_halts": True,
        "session_max_age_seconds": 8 * _HOUR,
        "stale_after_days": 30,
    },
)

OFFBOARDING_FIRST = Preset(
    "offboarding_first",
    "Teams that let people in well and lose track of those who leave: a login still makes the account, the directory "
    "sees that account too and ends it, sessions end after eight hours, and an event tells of accounts unused for "
    "thirty days.",
    {
        **JIT_THEN_SCIM.policies,
        # A directory can end only what it sees.
        "visibility": Connection.Visibility.LINKED,
        "session_max_age_seconds": 8 * _HOUR,
        "stale_after_days": 30,
        "stale_action": Connection.StaleAction.WARN,
    },
)

PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (JIT_ONLY, JIT_THEN_SCIM, SCIM_AUTHORITATIVE, REGULATED, OFFBOARDING_FIRST)
}


def policies_of(name: str) -> dict[str, Any]:
    """Give the policies of a preset, to be written with ``connections.create`` or ``connections.configure``.

    Raises:
        ProvisioningError: there is no such preset.
    """
    if name not in PRESETS:
        raise ProvisioningError(
            f"There is no preset {name!r}; there are {', '.join(PRESETS)}.", reason="unknown_preset"
        )
    return dict(PRESETS[name].policies)
