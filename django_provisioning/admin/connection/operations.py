"""Release or end a connection; verify and withdraw its e-mail domains."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...lifecycle import connection_end, connections
from ...models import Connection, ConnectionDomain
from ..base import context_of
from ..forms import ConnectionEndForm, DomainForm
from ..operations import OperationView, Text


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


class EndConnectionView(ConnectionOperationView):
    """Disable or delete the connection, and say what becomes of its people."""

    form_class = ConnectionEndForm
    title = gettext_lazy("End this connection")
    button = gettext_lazy("End the connection")
    ends = True

    def is_allowed(self) -> bool:
        """Whether the person may change the connection and offboard its people."""
        return super().is_allowed() and may_end(self.request, self.target)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the number to confirm."""
        concerned = connection_end.concerned(self.target)
        return {**super().get_form_kwargs(), "count": concerned.people - concerned.protected}

    def explanation(self) -> list[Text]:
        """Count whom it concerns."""
        counts = connection_end.concerned(self.target).facts()
        return [
            _("From now on no token and no login of this connection is accepted."),
            _(
                "%(people)d people have access through it, %(only_here)d of them through nothing else; %(sessions)d "
                "sessions came through it, and %(tokens)d of its tokens are not revoked."
            )
            % counts,
            _("%(protected)d of them are staff, superuser or break-glass and are left alone.") % counts,
            _("Who has access through another connection keeps that, and loses what came through this one."),
        ]

    def perform(self, form: Any) -> dict[str, int]:
        """Disable or delete."""
        answers = form.cleaned_data
        end = connections.delete if answers["delete"] else connections.disable
        return end(
            context_of(self.request, self.target),
            self.target,
            accounts=answers["accounts"],
            reason=answers["reason"],
        )

    def done(self, result: dict[str, int]) -> Text:
        """Count what ended."""
        ended, partly = result.get("ended", 0), result.get("ended_in_part", 0)
        counts = {"ended": ended, "partly": partly, "spared": result.get("spared", 0)}
        return (
            _(
                "The connection ended. Access ended for %(ended)d, in part for %(partly)d; %(spared)d left alone."
            )
            % counts
        )

    def answer(self, result: dict[str, int]) -> HttpResponse:
        """Go to the list: the page of a deleted connection is not there any more."""
        if Connection.objects.filter(pk=self.target.pk).exists():
            return super().answer(result)
        messages.success(self.request, str(self.done(result)))
        return HttpResponseRedirect(
            reverse(f"{self.page.admin_site.name}:django_provisioning_connection_changelist")
        )


def may_end(request: HttpRequest, connection: Connection) -> bool:
    """Whether the person may offboard whom the end of the connection concerns: staff only where it manages staff."""
    user: Any = request.user
    if connection.manages_privileged:
        return bool(user.is_superuser)
    return bool(user.has_perm("django_provisioning.offboard_account"))


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
