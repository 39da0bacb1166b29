"""Accounts: where they came from, who manages them, how they stand; offboard and reinstate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..lifecycle import accounts
from ..models import Account, Identity, SessionIndex
from ..reports.accounts import ACCOUNTS, last_login, last_sync, with_identities
from . import account_page, people_search
from .account_verbs import MOST_AT_ONCE, OFFBOARD, REINSTATE, SIGN_OUT, Verb, ask_or_act
from .base import ProvisioningAdmin, context_of, link_to
from .exports import ExportMixin
from .filters import AccountConnectionFilter, AnomalyFilter
from .forms import AccountForm


class AccountAdmin(ExportMixin, ProvisioningAdmin):
    """List, page and verbs of accounts. Only kind and owner can be edited; all else has a cause elsewhere."""

    form = AccountForm
    table = ACCOUNTS
    list_display = (
        "user", "origin", "managed_by", "state", "connections", "kind", "owner", "last_sync", "last_login", "last_seen",
        "live_sessions",
    )  # fmt: skip
    list_filter = ("origin", "managed_by", "state", "kind", AccountConnectionFilter, AnomalyFilter)
    list_select_related = ("user", "owner")
    ordering = ("-pk",)
    search_fields = ("user",)  # Shows the box; get_search_results looks the term up.
    search_help_text = people_search.HELP_TEXT
    raw_id_fields = ("owner",)
    actions = ("offboard", "reinstate", "sign_out")
    _FACTS = (
        "user_link", "origin", "managed_by", "state", "access_valid_after", "last_seen_at", "created_at",
    )  # fmt: skip
    readonly_fields = _FACTS
    fieldsets = (
        (None, {"fields": _FACTS}),
        (gettext_lazy("Decided by people"), {"fields": ("kind", "owner")}),
    )

    def has_offboard_permission(self, request: HttpRequest) -> bool:
        """Whether the person may offboard and reinstate accounts."""
        user: Any = request.user
        return bool(user.has_perm("django_provisioning.offboard_account"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow also to those who offboard."""
        return super().has_view_permission(request, obj) or self.has_offboard_permission(request)

    def may_go_along(self, obj: Any) -> bool:
        """Let a user be deleted on its own page once no enabled connection manages it."""
        managed = Identity.objects.filter(user=obj.user_id, live=True, connection__enabled=True)
        return not managed.exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load the live identities of a page in one query, and count its sessions in the list's own."""
        sessions = SessionIndex.objects.filter(user=OuterRef("user")).order_by().values("user")
        count = Coalesce(Subquery(sessions.annotate(n=Count("pk")).values("n")), 0)
        rows: QuerySet[Any] = with_identities(super().get_queryset(request)).annotate(session_count=count)
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look the term up by indexes; see ``people_search``."""
        if not search_term.strip():
            return queryset, False
        found = people_search.matching_users(search_term)
        if len(found) >= people_search.MOST:
            self.message_user(
                request, _("More people match than can be shown; add letters."), messages.WARNING
            )
        return queryset.filter(user__in=found), False

    @admin.display(description=gettext_lazy("connections"))
    def connections(self, account: Any) -> str:
        """Name the connections that vouch for the account."""
        return ", ".join(identity.connection.name for identity in account.user.live_identities) or "–"

    @admin.display(description=gettext_lazy("last sync"))
    def last_sync(self, account: Any) -> datetime | None:
        """Say when a directory last wrote the account."""
        return last_sync(account)

    @admin.display(description=gettext_lazy("last login"))
    def last_login(self, account: Any) -> datetime | None:
        """Say when the person last logged in, by whatever way."""
        return last_login(account)

    @admin.display(description=gettext_lazy("last seen"))
    def last_seen(self, account: Any) -> datetime | None:
        """Say when the account was last used, by a session or a token."""
        seen: datetime | None = account.last_seen_at
        return seen

    @admin.display(description=gettext_lazy("live sessions"))
    def live_sessions(self, account: Any) -> int:
        """Count the sessions that we know of; the engine may hold others that we cannot list."""
        count: int = account.session_count
        return count

    @admin.display(description=gettext_lazy("user"))
    def user_link(self, account: Account) -> str:
        """Link to the Django user."""
        return link_to(self.admin_site, account.user)

    @admin.action(description=gettext_lazy("Offboard selected accounts"), permissions=["offboard"])
    def offboard(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """End the access of the selected accounts."""
        return self._many(request, queryset, OFFBOARD)

    @admin.action(description=gettext_lazy("Reinstate selected accounts"), permissions=["offboard"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Let the selected accounts in again."""
        return self._many(request, queryset, REINSTATE)

    @admin.action(description=gettext_lazy("Revoke sessions of selected accounts"), permissions=["offboard"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """End the sessions of the selected accounts."""
        return self._many(request, queryset, SIGN_OUT)

    def _many(self, request: HttpRequest, queryset: QuerySet[Any], verb: Verb) -> HttpResponse | None:
        selected = list(queryset.select_related("user")[: MOST_AT_ONCE + 1])
        if len(selected) > MOST_AT_ONCE:
            text = _("Select at most %(count)d accounts at once.") % {"count": MOST_AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return None
        return ask_or_act(self, request, verb, selected, action=verb.name)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write kind and owner through the lifecycle."""
        if form.has_changed():
            stored = Account.objects.select_related("user", "owner").get(pk=obj.pk)
            answers = form.cleaned_data
            accounts.describe(context_of(request), stored, kind=answers["kind"], owner=answers["owner"])

    def render_change_form(  # noqa: PLR0917 - the signature is Django's
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add the sections below the form."""
        if obj is not None:
            context.update(
                account_page.sections(obj),
                may_offboard=self.has_offboard_permission(request),
                offboarding_is_done=OFFBOARD.is_done(obj),
                reinstating_is_done=REINSTATE.is_done(obj),
                signing_out_is_done=SIGN_OUT.is_done(obj),
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the verbs on one account."""
        urls = []
        for verb in (OFFBOARD, REINSTATE, SIGN_OUT):
            view = self.admin_site.admin_view(self._one)
            name = f"{self.opts.app_label}_{self.opts.model_name}_{verb.name}"
            urls.append(path(f"<int:object_id>/{verb.name}/", view, {"verb": verb}, name=name))
        return urls + super().get_urls()

    def _one(self, request: HttpRequest, object_id: int, verb: Verb) -> HttpResponse:
        """Ask for the reason and do it to one account."""
        if not self.has_offboard_permission(request):
            raise PermissionDenied
        account = Account.objects.select_related("user").filter(pk=object_id).first()
        if account is None:
            raise Http404
        return ask_or_act(self, request, verb, [account]) or HttpResponseRedirect(self.url_of(account))
