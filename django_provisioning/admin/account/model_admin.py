"""Accounts: where they came from, who manages them, how they stand; offboard and reinstate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...lifecycle import accounts, remnants, rollups
from ...models import Account, Identity, SessionIndex, figures
from ...reports.accounts import ACCOUNTS, last_login, last_sync, with_identities
from ...reports.standing import signing_in
from .. import people_search
from ..base import ProvisioningAdmin, context_of, link_to, may_see_events, may_see_user
from ..explain.page import explain_urls, may_explain
from ..exports import ExportMixin
from ..filters import AccountConnectionFilter, AnomalyFilter
from ..forms import AccountForm
from .batch import MOST_AT_ONCE, ask_or_act, carries_batch, keys_of
from .filters import PrivilegedFilter, SeenFilter, SessionsFilter
from .sections import sections
from .verbs import (
    END_REMNANTS,
    OFFBOARD,
    ON_ONE,
    REINSTATE,
    RETRY,
    SET_KIND,
    SET_OWNER,
    SIGN_OUT,
    Verb,
    is_protected,
)


class AccountAdmin(ExportMixin, ProvisioningAdmin):
    """List, page and verbs of accounts. Only kind and owner can be edited; all else has a cause elsewhere."""

    form = AccountForm
    table = ACCOUNTS
    change_list_template = "admin/django_provisioning/account/change_list.html"
    list_display = (
        "user", "origin", "managed_by", "state", "can_sign_in", "live_sessions", "connections", "kind", "owner",
        "last_sync", "last_login", "last_seen",
    )  # fmt: skip
    list_filter = (
        "origin", "managed_by", "state", "kind", AccountConnectionFilter, AnomalyFilter, PrivilegedFilter,
        SessionsFilter, SeenFilter,
    )  # fmt: skip
    list_select_related = ("user", "owner")
    ordering = ("-pk",)
    sortable_by = ("last_seen",)
    search_fields = ("user",)  # Shows the box; get_search_results looks the term up.
    search_help_text = people_search.HELP_TEXT
    raw_id_fields = ("owner",)
    actions = ("offboard", "reinstate", "sign_out", "set_owner", "set_kind")
    _FACTS = (
        "user_link", "origin", "managed_by", "state", "access_valid_after", "last_seen_at", "created_at",
    )  # fmt: skip
    readonly_fields = (*_FACTS, "user_name")
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

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow by Django's permission, but of protected accounts superusers only: their owner and kind shield them."""
        is_out_of_reach = isinstance(obj, Account) and is_protected(obj)
        is_superuser = getattr(request.user, "is_superuser", False)
        return super().has_change_permission(request, obj) and (is_superuser or not is_out_of_reach)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Let superusers alone make an account break-glass: no directory reaches it then."""
        if db_field.name == "kind" and not getattr(request.user, "is_superuser", False):
            kwargs["choices"] = [one for one in Account.Kind.choices if one[0] != Account.Kind.BREAK_GLASS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

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

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort the people of a connection by their users: so its index of them gives a page and no more."""
        chosen = request.GET.get(AccountConnectionFilter.parameter_name, "-")
        return self.ordering if chosen == "-" else ("-user_id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Look the term up by indexes; see ``people_search``."""
        return people_search.matching(request, queryset, search_term), False

    @admin.display(description=gettext_lazy("connections"))
    def connections(self, account: Any) -> str:
        """Name the connections that vouch for the account."""
        return ", ".join(identity.connection.name for identity in account.user.live_identities) or "–"

    @admin.display(description=gettext_lazy("can sign in"))
    def can_sign_in(self, account: Any) -> str:
        """Say whether a way in is known: that is another question than whether the account is active."""
        said = signing_in(account, account.user.live_identities)
        return f"{said.icon} {said.answer}"

    @admin.display(description=gettext_lazy("last sync"))
    def last_sync(self, account: Any) -> datetime | None:
        """Say when a directory last wrote the account."""
        return last_sync(account)

    @admin.display(description=gettext_lazy("last login"))
    def last_login(self, account: Any) -> datetime | None:
        """Say when the person last logged in, by whatever way."""
        return last_login(account)

    @admin.display(description=gettext_lazy("last seen"), ordering="last_seen_at")
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

    @admin.display(description=gettext_lazy("user"))
    def user_name(self, account: Account) -> str:
        """Name the Django user to those whom the page of users would refuse."""
        return str(account.user)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Link to the Django user only for those who may look there."""
        fieldsets = super().get_fieldsets(request, obj)
        if may_see_user(request):
            return fieldsets
        facts = tuple("user_name" if name == "user_link" else name for name in self._FACTS)
        return ((None, {"fields": facts}), *fieldsets[1:])

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

    @admin.action(description=gettext_lazy("Set owner of selected accounts"), permissions=["change"])
    def set_owner(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Say who answers for the selected accounts."""
        return self._many(request, queryset, SET_OWNER)

    @admin.action(description=gettext_lazy("Set kind of selected accounts"), permissions=["change"])
    def set_kind(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Say what kind the selected accounts are."""
        return self._many(request, queryset, SET_KIND)

    def _many(self, request: HttpRequest, queryset: QuerySet[Any], verb: Verb) -> HttpResponse | None:
        keys = [] if carries_batch(request) else keys_of(queryset)
        if len(keys) > MOST_AT_ONCE:
            text = _("Select at most %(count)d accounts at once.") % {"count": MOST_AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return None
        return ask_or_act(self, request, verb, keys, action=verb.name)

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
                sections(obj, with_events=may_see_events(request)),
                may_explain=may_explain(request),
                may_offboard=self.has_offboard_permission(request),
                offboarding_is_done=OFFBOARD.is_done(obj),
                reinstating_is_done=REINSTATE.is_done(obj),
                signing_out_is_done=SIGN_OUT.is_done(obj),
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the verbs on one account, and those on all accounts in one condition."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        one = [
            path(f"<int:object_id>/{verb.name}/", wrap(self._one), {"verb": verb}, name=f"{name}_{verb.name}")
            for verb in ON_ONE
        ]
        conditions = [
            path(f"{verb.name}/", wrap(self._all), {"verb": verb}, name=f"{name}_{verb.name}")
            for verb in (END_REMNANTS, RETRY)
        ]
        return [*one, *conditions, *explain_urls(self), *super().get_urls()]

    def _one(self, request: HttpRequest, object_id: int, verb: Verb) -> HttpResponse:
        """Ask for the reason and do it to one account."""
        if not self.has_offboard_permission(request):
            raise PermissionDenied
        account = Account.objects.select_related("user").filter(pk=object_id).first()
        if account is None:
            raise Http404
        answer = ask_or_act(self, request, verb, [account.pk], target=account)
        return answer or HttpResponseRedirect(self.url_of(account))

    def _all(self, request: HttpRequest, verb: Verb) -> HttpResponse:
        """Ask for the reason and do it to all accounts in the condition that the verb is for."""
        if not self.has_offboard_permission(request):
            raise PermissionDenied
        found = [] if carries_batch(request) else keys_of(_in_condition(verb))
        keys = found[:MOST_AT_ONCE]
        if len(found) > len(keys):
            text = _("There are more than %(count)d: these are the first. Come back for the others.")
            self.message_user(request, text % {"count": MOST_AT_ONCE}, messages.WARNING)
        if request.method != "POST" and not keys:
            self.message_user(request, _("There is nothing to revoke."), messages.INFO)
            return self._to_list()
        return ask_or_act(self, request, verb, keys) or self._to_list()

    def _to_list(self) -> HttpResponseRedirect:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name, current_app=self.admin_site.name))


def _in_condition(verb: Verb) -> QuerySet[Account]:
    """Give the accounts that ``END_REMNANTS`` or ``RETRY`` is for; what the overview counts is what is listed."""
    if verb is RETRY:
        return remnants.open_accounts()
    condition = figures.anomalies(timezone.now(), rollups.holders())["left_with_access"]
    return Account.objects.filter(condition)
