"""Ends the trusted browsers of django-agent-trust."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import apps
from django.db.models import F

from ...models import Connection
from .base import Revoker


class TrustedAgentRevoker(Revoker):
    """Raises the serial number that every trusted browser of the user has to name [1 query].

    Trust stands in signed cookies, so nobody can say how many there were: the user counts as one.
    """

    kind = "trusted_agents"
    database_only = True
    model: ClassVar[str] = "django_agent_trust.AgentSettings"

    def is_installed(self) -> bool:
        """Whether browsers can be trusted at all."""
        return apps.is_installed("django_agent_trust")

    def revoke(self, user: Any, connection: Connection | None) -> int:
        """Void the cookies when all access ends: trust is the person's, and of no connection."""
        if connection is not None:
            return 0
        rows = apps.get_model(self.model)._base_manager.filter(user=user)
        return int(rows.update(serial=F("serial") + 1))
