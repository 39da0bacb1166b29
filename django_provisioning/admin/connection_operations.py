"""Release a halted connection; verify and withdraw its e-mail domains."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..lifecycle import connections
from ..models import ConnectionDomain
from .base import context_of
from .forms import DomainForm
from .operations import OperationView, Text


class ConnectionOperationView(OperationView):
    """An operation on a connection; it needs the permission to change it."""

    def is_allowed(self) -> bool:
        """Whether the person may change the connection."""
        return self.page.has_change_permission(self.request, self.target)


class ReleaseView(ConnectionOperationView):
    """Let a halted connection write again."""

    title = gettext_lazy("Release the connection")
    button = gettext_lazy("Release")

    def explanation(self) -> list[Text]:
        """Say what was stopped, and what follows."""
        return [
            _("Many people left this connection within minutes, so its writes were halted."),
            _("Look at the events first. After the release the IdP goes on where it stopped."),
        ]

    def perform(self, form: Any) -> None:
        """Release the connection."""
        if self.target.halted_at is not None:
            connections.release(context_of(self.request, self.target), self.target)

    def done(self, result: None) -> Text:
        """Say that it writes again."""
        return _("The connection was released.")


class VerifyDomainView(ConnectionOperationView):
    """Note that an e-mail domain belongs to the customer of this connection."""

    form_class = DomainForm
    title = gettext_lazy("Add a verified domain")
    button = gettext_lazy("Add domain")

    def explanation(self) -> list[Text]:
        """Say what the domain opens."""
        return [
            _(
                "With linking “by e-mail address” this IdP may take over existing accounts with such an address."
            ),
            _("A domain belongs to one connection."),
        ]

    def perform(self, form: Any) -> ConnectionDomain:
        """Record the domain."""
        context = context_of(self.request, self.target)
        return connections.verify_domain(context, self.target, form.cleaned_data["domain"])

    def done(self, result: ConnectionDomain) -> Text:
        """Name the domain."""
        return _("Added the domain %(domain)s.") % {"domain": result.domain}


class WithdrawDomainView(ConnectionOperationView):
    """Take a domain away again."""

    title = gettext_lazy("Withdraw a domain")
    button = gettext_lazy("Withdraw domain")
    ends = True

    def explanation(self) -> list[Text]:
        """Say what stops, and what does not."""
        name = {"domain": self._domain().domain}
        return [
            _("This connection no longer links accounts with an address in %(domain)s.") % name,
            _("Accounts that are linked already stay linked."),
        ]

    def perform(self, form: Any) -> str:
        """Withdraw the domain."""
        row = self._domain()
        connections.withdraw_domain(context_of(self.request, self.target), row)
        return str(row.domain)

    def done(self, result: str) -> Text:
        """Name the domain."""
        return _("Withdrew the domain %(domain)s.") % {"domain": result}

    def _domain(self) -> ConnectionDomain:
        row: ConnectionDomain = self.find(
            ConnectionDomain, pk=self.kwargs["domain_id"], connection=self.target
        )
        return row
