"""Errors of the lifecycle, free of HTTP; the faces translate them (``scim/exceptions.py``)."""

from __future__ import annotations


class ProvisioningError(Exception):
    """A lifecycle verb refused; ``reason`` is a stable code for events, ``detail`` a text for people."""

    reason = "error"

    def __init__(self, detail: str, *, reason: str = "") -> None:
        self.detail = detail
        if reason:
            self.reason = reason
        super().__init__(detail)


class UnknownResource(ProvisioningError):
    """The connection has no such identity or group."""

    reason = "unknown_resource"


class NotUnique(ProvisioningError):
    """A value that must be unique in the connection, or in Django, is taken."""

    reason = "not_unique"


class LinkRefused(ProvisioningError):
    """A local account or group has that name and the connection's policy does not allow linking it."""

    reason = "link_refused"


class AmbiguousMatch(ProvisioningError):
    """More than one account matches; guessing would hand one person's account to another."""

    reason = "ambiguous_match"


class ProtectedAccount(ProvisioningError):
    """The account is staff, superuser or break-glass and the connection does not manage such accounts."""

    reason = "protected_account"


class ConnectionHalted(ProvisioningError):
    """The mass-leave valve stopped this connection's writes; an administrator must release it."""

    reason = "connection_halted"


class ValueRefused(ProvisioningError):
    """A value cannot be stored in the model field that the mapping names."""

    reason = "value_refused"


class TransientDatabaseError(ProvisioningError):
    """The database refused the transaction several times (lock, deadlock, lost connection): try later."""

    reason = "database_busy"


class Refuse(ProvisioningError):
    """A login is refused; receivers and admission policies raise it with a reason code of their own.

    ``reason`` goes into the event, never onto the page; ``detail`` is for administrators.
    """

    reason = "refused"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason, reason=reason)
