"""Records what a policy refused, in a transaction of its own: the refused one was rolled back."""

from __future__ import annotations

from ..exceptions import AmbiguousMatch, ConnectionHalted, LinkRefused, ProtectedAccount, ProvisioningError
from ..mapping.claims import storable
from ..models import Event
from . import audit
from .context import Context

# What the client got wrong (an unknown id, a taken name) is its own affair; these an administrator must see.
_RECORDED = (AmbiguousMatch, ConnectionHalted, LinkRefused, ProtectedAccount)


def record(context: Context, error: ProvisioningError, label: str) -> None:
    """Write a ``request.refused`` event if the error is one that an administrator must see [0-1 query]."""
    if isinstance(error, _RECORDED):
        subject = audit.Subject("request", "", label[:255])
        audit.record(context, "request.refused", subject, outcome=Event.Outcome.FAILURE, reason=error.reason)


def record_login(context: Context, reason: str, user_name: str) -> None:
    """Write a ``login.refused`` event [1 query]."""
    subject = audit.Subject("login", "", storable(user_name[:255]))
    audit.record(context, "login.refused", subject, outcome=Event.Outcome.FAILURE, reason=reason)
