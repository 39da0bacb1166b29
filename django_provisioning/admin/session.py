"""Sessions: which logins are known to be alive. Read-only, and without the key that would open them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from ..reports.directory import SESSIONS
from . import people_search
from .base import ReadOnlyAdmin
from .exports import ExportMixin


class SessionIndexAdmin(ExportMixin, ReadOnlyAdmin):
    """List and page of sessions. Never shows ``session_key``: whoever has it is logged in as that person."""

    table = SESSIONS
    list_display = ("user", "connection", "created_at", "last_seen_at")
    list_filter = ("connection",)
    list_select_related = ("user", "connection")
    ordering = ("-pk",)
    sortable_by = ("last_seen_at",)
    search_fields = ("user",)  # Shows the box; get_search_results looks the term up.
    search_help_text = people_search.HELP_TEXT
    fields = ("user", "connection", "created_at", "last_seen_at")

    def may_go_along(self, obj: Any) -> bool:
        """Let sessions go with their user."""
        return True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave the keys in the database."""
        return super().get_queryset(request).defer("session_key", "idp_session")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Refuse to guess keys by filtering."""
        hidden = ("session_key", "idp_session")
        return not lookup.startswith(hidden) and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look the term up by indexes; see ``people_search``."""
        return people_search.matching(request, queryset, search_term), False
