"""Probes that a project could have, and some that go wrong on purpose."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any

from django_provisioning.lifecycle.revokers.base import Revoker
from django_provisioning.models import Connection
from django_provisioning.selftest.probes.base import Credential, Probe

OWN_KEY = "made-up-key-of-the-project"


class OwnKeyProbe(Probe):
    """The project's own API key; ``tests.selftest.pages.own_key`` takes it, whoever the person is by now."""

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Give the one key there is."""
        return [Credential("own key", {"X-Own-Key": OWN_KEY}, remedy="Write a revoker.")]


class InterruptingProbe(Probe):
    """Somebody presses Ctrl-C."""

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Interrupt."""
        raise KeyboardInterrupt


class TerminatingProbe(Probe):
    """The service manager stops the process."""

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Terminate."""
        os.kill(os.getpid(), signal.SIGTERM)
        return []


class KillingProbe(Probe):
    """The machine goes away: nothing of the process runs any more."""

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Kill."""
        os.kill(os.getpid(), signal.SIGKILL)
        return []


class BreakingProbe(Probe):
    """A fault of the project's own probe."""

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Break."""
        raise ZeroDivisionError


class UselessProbe(Probe):
    """Makes what opens nothing."""

    def make(self, user: Any, connection: Connection | None = None) -> Sequence[Credential]:
        """Give a credential that no page takes."""
        return [Credential("useless", {"X-Nothing": "at all"})]


class FailingRevoker(Revoker):
    """Ends something elsewhere, which does not answer."""

    kind = "elsewhere"
    database_only = True

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Fail."""
        raise ConnectionError
