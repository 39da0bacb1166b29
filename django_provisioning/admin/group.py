"""Group links: which Django group a connection owns. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..models import Connection, GroupLink
from ..models.membership import membership_table
from ..protocol.comparison import fold
from ..reports.directory import GROUP_LINKS
from .base import ReadOnlyAdmin, link_to
from .exports import ExportMixin


class GroupLinkAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of group links."""

    table = GROUP_LINKS
    list_display = ("display_name", "connection", "group", "external_id", "updated_at")
    list_filter = ("connection",)
    list_select_related = ("connection", "group")
    ordering = ("-pk",)
    sortable_by = ("display_name", "updated_at")  # Groups are few.
    search_fields = ("display_name",)
    search_help_text = _("Beginning of the display name.")
    fieldsets = (
        (None, {"fields": ("display_name", "connection_link", "group_link", "made_group", "members")}),
        (_("Directory"), {"fields": ("external_id", "scim_id", "attributes", "revision")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    readonly_fields = ("connection_link", "group_link", "members")

    def may_go_along(self, obj: Any) -> bool:
        """Let the group of a disabled connection be deleted on its own page."""
        return not obj.connection.enabled

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look the folded beginning of the name up in each connection's index."""
        term = search_term.strip()[:255].replace("\x00", "")
        if not term:
            return queryset, False
        everywhere = list(Connection.objects.values_list("pk", flat=True))
        return queryset.filter(connection__in=everywhere, display_name_key__startswith=fold(term)), False

    @admin.display(description=_("connection"))
    def connection_link(self, link: GroupLink) -> str:
        """Link to the connection."""
        return link_to(self.admin_site, link.connection)

    @admin.display(description=_("group"))
    def group_link(self, link: GroupLink) -> str:
        """Link to the Django group."""
        return link_to(self.admin_site, link.group)

    @admin.display(description=_("members"))
    def members(self, link: GroupLink) -> int:
        """Count the users in the Django group, those put there by hand included."""
        table = membership_table()
        return int(table.rows.filter(**{table.group: link.group_id}).count())
