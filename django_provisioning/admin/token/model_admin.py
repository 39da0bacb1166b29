"""Tokens: the inventory of everything that an identity provider may call with. Read-only; no secret is stored.

Issuing, rotating and revoking stand on the page of the connection, because a token has no life without it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import ConnectionToken
from ...reports.tokens import TOKENS, advice_of, expiry_text, status_condition, status_text
from ..base import ReadOnlyAdmin, link_to
from ..exports import ExportMixin

# Who sees a connection sees its tokens there already.
_OPENS = ("view_connection", "manage_connection", "issue_token", "view_connectiontoken")


class TokenStatusFilter(admin.SimpleListFilter):
    """Tokens by what has to be known of them first."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Offer every status."""
        return [
            ("live", gettext_lazy("live")),
            ("expiring", gettext_lazy("expires soon")),
            ("unused", gettext_lazy("never used")),
            ("expired", gettext_lazy("expired")),
            ("revoked", gettext_lazy("revoked")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the tokens of the status."""
        value = self.value()
        if value is None:
            return queryset
        try:
            return queryset.filter(status_condition(value, timezone.now()))
        except KeyError:
            return queryset.none()


class ConnectionTokenAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of tokens."""

    table = TOKENS
    list_display = ("name_and_key", "connection_name", "owner", "status", "expires", "last_used")
    list_filter = (TokenStatusFilter, "connection")
    list_select_related = ("connection", "created_by")
    ordering = ("-pk",)
    search_fields = ("=key_id", "^name")
    search_help_text = gettext_lazy("Whole key id, or the beginning of the name.")
    fields = (
        "key_id", "token_name", "connection_link", "owner", "status", "advice", "scope_names", "networks", "created",
        "expires", "last_used", "revoked", "revoked_reason",
    )  # fmt: skip
    readonly_fields = fields

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow whoever may see connections, or issue tokens."""
        user: Any = request.user
        return any(user.has_perm(f"django_provisioning.{name}") for name in _OPENS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """List the page for those who may open it."""
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the digests in the database."""
        return super().get_queryset(request).select_related("connection", "created_by").defer("digest")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Refuse to guess digests by filtering."""
        return not lookup.startswith("digest") and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description=gettext_lazy("token"))
    def name_and_key(self, token: ConnectionToken) -> str:
        """Name it as people and as events do."""
        return _pair(token.name, token.key_id)

    @admin.display(description=gettext_lazy("name"), empty_value="–")
    def token_name(self, token: ConnectionToken) -> str:
        """Give the name, if it was given one."""
        return str(token.name)

    @admin.display(description=gettext_lazy("connection"))
    def connection_name(self, token: ConnectionToken) -> str:
        """Name the connection; a disabled one refuses its live tokens too."""
        connection = token.connection
        return str(connection) if connection.enabled else _("%(name)s (disabled)") % {"name": connection}

    @admin.display(description=gettext_lazy("connection"))
    def connection_link(self, token: ConnectionToken) -> str:
        """Link to the page where it is rotated and revoked."""
        return link_to(self.admin_site, token.connection, self.connection_name(token))

    @admin.display(description=gettext_lazy("issued by"))
    def owner(self, token: ConnectionToken) -> str:
        """Name who issued it; a command has no person."""
        return token.created_by.get_username() if token.created_by else "–"

    @admin.display(description=gettext_lazy("status"))
    def status(self, token: ConnectionToken) -> str:
        """Say whether it opens anything."""
        return status_text(token, timezone.now())

    @admin.display(description=gettext_lazy("expires"))
    def expires(self, token: ConnectionToken) -> str:
        """Give the time, and how long that is from now."""
        left = expiry_text(token, timezone.now())
        return _pair(_written(token.expires_at), left) or "–"

    @admin.display(description=gettext_lazy("last used"))
    def last_used(self, token: ConnectionToken) -> str:
        """Give the time, to the minute, and from where."""
        return _pair(_written(token.last_used_at), token.last_used_ip or "") or _("never")

    @admin.display(description=gettext_lazy("created"))
    def created(self, token: ConnectionToken) -> str:
        """Give the time."""
        return _written(token.created_at)

    @admin.display(description=gettext_lazy("revoked"))
    def revoked(self, token: ConnectionToken) -> str:
        """Give the time."""
        return _written(token.revoked_at) or "–"

    @admin.display(description=gettext_lazy("scopes"))
    def scope_names(self, token: ConnectionToken) -> str:
        """Name what it may do."""
        return ", ".join(token.scopes) or "–"

    @admin.display(description=gettext_lazy("allowed networks"))
    def networks(self, token: ConnectionToken) -> str:
        """Name from where it may be used."""
        return ", ".join(token.allowed_cidrs) or _("every address")

    @admin.display(description=gettext_lazy("after its rotation"))
    def advice(self, token: ConnectionToken) -> str:
        """Say whether a replaced token may be revoked."""
        return advice_of(token, timezone.now()) or "–"


def _written(moment: datetime | None) -> str:
    """Give the time so that it breaks between day and hour at most."""
    if moment is None:
        return ""
    here = timezone.localtime(moment)
    parts = ((date(here, form),) for form in ("Y-m-d", "H:i:s e"))
    return format_html_join(" ", '<span class="provisioning-time">{}</span>', parts)


def _pair(first: str, second: str) -> str:
    return format_html("{}<div>{}</div>", first, second) if first and second else first or second
