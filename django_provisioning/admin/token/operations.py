"""Issue, rotate and revoke the bearer tokens of a connection.

The raw token exists in one answer to a POST and nowhere else: not in a message, a URL, the session or the history.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.defaultfilters import date
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...lifecycle import tokens
from ...lifecycle.tokens import IssuedToken
from ...models import Connection, ConnectionToken
from ...reports.tokens import advice_of
from ..base import context_of
from ..connection.address import scim_base_url
from ..forms import IssueTokenForm, ReasonForm, RotateTokenForm
from ..operations import OperationView, Text


def may_revoke(request: HttpRequest) -> bool:
    """Whether the person may end tokens."""
    user: Any = request.user
    return bool(user.has_perm("django_provisioning.issue_token"))


def may_issue(request: HttpRequest, connection: Connection) -> bool:
    """Whether the person may have a new token: one that reaches superusers is for superusers only."""
    user: Any = request.user
    return may_revoke(request) and (user.is_superuser or not connection.manages_privileged)


class TokenOperationView(OperationView):
    """An operation on tokens; it needs the permission to issue them."""

    def is_allowed(self) -> bool:
        """Whether the person may end tokens."""
        return may_revoke(self.request)


class NewTokenView(TokenOperationView):
    """An operation that ends with a new token on the screen."""

    replaced: ConnectionToken | None = None

    def is_allowed(self) -> bool:
        """Whether the person may have a token of the connection."""
        return may_issue(self.request, self.target)

    def answer(self, result: IssuedToken) -> HttpResponse:
        """Show the token, this once, on a page that nothing may store."""
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": _("New token"),
            "opts": self.page.opts,
            "media": self.page.media,
            "target": self.target,
            "target_url": self.page.url_of(self.target),
            "token": result.token,
            "raw_token": result.raw,
            "scim_base_url": scim_base_url(self.request, self.target.idp),
            "replaced": self.replaced,
        }
        # ``admin_view`` marks every page of the admin as no-store.
        return TemplateResponse(self.request, "admin/django_provisioning/new_token.html", context)


class IssueTokenView(NewTokenView):
    """A further token for a connection."""

    form_class = IssueTokenForm
    title = gettext_lazy("Issue a token")
    button = gettext_lazy("Issue token")

    def explanation(self) -> list[Text]:
        """Say what the token opens."""
        return [
            _("Whoever holds the token can create, change and deactivate the people of this connection."),
            _("It is shown once, on the next page. We keep only a digest of it."),
        ]

    def perform(self, form: Any) -> IssuedToken:
        """Issue the token."""
        context = context_of(self.request, self.target)
        return tokens.issue(context, self.target, created_by=self.request.user, **form.terms())

    def done(self, result: IssuedToken) -> Text:
        """Name the token by its key id."""
        return _("Issued token %(key_id)s.") % {"key_id": result.token.key_id}


class _OfOneToken:
    """Finds the token of the URL among those of the connection."""

    token: ConnectionToken

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the token after the connection."""
        view: Any = self
        key = {"pk": kwargs["token_id"], "connection_id": kwargs["object_id"]}
        self.token = view.find(ConnectionToken, **key)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def last_use(self) -> str:
        """Say when the token was last used: an unused one can go without harm."""
        if self.token.last_used_at is None:
            return _("Token %(key_id)s, never used") % {"key_id": self.token.key_id}
        at = date(timezone.localtime(self.token.last_used_at), "Y-m-d H:i:s e")
        return _("Token %(key_id)s, last used: %(at)s") % {"key_id": self.token.key_id, "at": at}


class RotateTokenView(_OfOneToken, NewTokenView):
    """A new token like an old one, which lives on for a while."""

    form_class = RotateTokenForm
    title = gettext_lazy("Rotate a token")
    button = gettext_lazy("Rotate token")
    ends = True

    def explanation(self) -> list[Text]:
        """Say when the old token ends."""
        return [
            self.last_use(),
            _(
                "You get a new token with the same scopes and networks. The old one ends after the hours below."
            ),
        ]

    def perform(self, form: Any) -> IssuedToken:
        """Rotate the token."""
        self.replaced = self.token
        overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
        return tokens.rotate(context_of(self.request, self.target), self.token, overlap=overlap)

    def done(self, result: IssuedToken) -> Text:
        """Name both tokens by their key ids."""
        names = {"old": self.token.key_id, "new": result.token.key_id}
        return _("Rotated token %(old)s; the new one is %(new)s.") % names


class RevokeTokenView(_OfOneToken, TokenOperationView):
    """The end of a token."""

    form_class = ReasonForm
    title = gettext_lazy("Revoke a token")
    button = gettext_lazy("Revoke token")
    ends = True

    def explanation(self) -> list[Text]:
        """Say what stops working."""
        advice = advice_of(self.token, timezone.now())
        return [
            self.last_use(),
            *([advice] if advice else []),
            _("From this moment it opens nothing. An IdP that still uses it stops provisioning."),
        ]

    def perform(self, form: Any) -> None:
        """Revoke the token."""
        context = context_of(self.request, self.target)
        tokens.revoke(context, self.token, reason=form.cleaned_data["reason"])

    def done(self, result: None) -> Text:
        """Name the token by its key id."""
        return _("Revoked token %(key_id)s.") % {"key_id": self.token.key_id}
