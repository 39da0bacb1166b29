"""Identities: the link between a connection and an account, and what the IdP pushed. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..models import Identity
from ..reports.directory import IDENTITIES
from . import people_search
from .base import ReadOnlyAdmin, link_to
from .exports import ExportMixin
from .filters import DeletedFilter


class IdentityAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of identities."""

    table = IDENTITIES
    list_display = (
        "folded_name", "connection", "user", "active", "scim_managed", "external_id", "last_synced_at", "deleted_at",
    )  # fmt: skip
    list_filter = ("connection", "active", "scim_managed", DeletedFilter)
    list_select_related = ("connection", "user")
    ordering = ("-pk",)
    sortable_by = ("folded_name", "last_synced_at")
    search_fields = ("user_name",)  # Shows the box; get_search_results looks the term up.
    search_help_text = people_search.HELP_TEXT
    fieldsets = (
        (
            None,
            {"fields": ("connection_link", "account_link", "user_name", "external_id", "scim_id", "active")},
        ),
        (_("Sign-on"), {"fields": ("subject", "subject_issuer", "subject_format", "last_login_at")}),
        (
            _("Directory"),
            {"fields": ("scim_managed", "attributes", "revision", "last_synced_at")},
        ),
        (_("History"), {"fields": ("created_at", "updated_at", "deleted_at")}),
    )
    readonly_fields = ("connection_link", "account_link")

    def may_go_along(self, obj: Any) -> bool:
        """Let tombstones, and what a disabled connection left, go with their user."""
        return obj.live is None or not obj.connection.enabled

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the documents out of the list."""
        queryset = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        return queryset.defer("attributes") if is_list else queryset

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look the term up by indexes; see ``people_search``."""
        return people_search.matching(request, queryset, search_term), False

    @admin.display(description=_("user name"), ordering="user_name_key")
    def folded_name(self, identity: Identity) -> str:
        """Give the name as it was pushed; its folded key is what sorts."""
        return str(identity.user_name)

    @admin.display(description=_("connection"))
    def connection_link(self, identity: Identity) -> str:
        """Link to the connection."""
        return link_to(self.admin_site, identity.connection)

    @admin.display(description=_("account"))
    def account_link(self, identity: Identity) -> str:
        """Link to the account."""
        account: Any = getattr(identity.user, "provisioning_account", None)
        return link_to(self.admin_site, account, str(identity.user))
