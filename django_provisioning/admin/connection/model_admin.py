"""Connections: their policies, tokens and domains. They end on a page that asks for their people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...exceptions import ProvisioningError
from ...lifecycle import connection_end, connections
from ...models import Connection, ConnectionToken
from ...reports.directory import CONNECTIONS
from ..base import ProvisioningAdmin, context_of
from ..explain.page import explain_urls, may_explain
from ..exports import ExportMixin
from ..filters import ConnectionStatusFilter
from ..forms import ConnectionForm
from ..token.operations import IssueTokenView, RevokeTokenView, RotateTokenView, may_issue, may_revoke
from .address import scim_base_url
from .operations import EndConnectionView, ReleaseView, VerifyDomainView, WithdrawDomainView, may_end
from .preset_questions import QUESTIONS, NewConnectionForm, QuestionForm
from .sections import sections
from .set_up import setup_urls

# A manager of connections must not be able to make an IdP hand out what the manager does not have.
_OPENS_THE_ADMIN = ("manages_privileged", "privilege_rules")


class ConnectionAdmin(ExportMixin, ProvisioningAdmin):
    """List, form and operations of connections."""

    form = ConnectionForm
    table = CONNECTIONS
    list_display = ("name", "slug", "idp", "status", "last_request")
    list_filter = (ConnectionStatusFilter, "idp")
    sortable_by = ("name", "slug", "idp", "status", "last_request")  # Connections are few.
    search_fields = ("slug", "name")
    fieldsets = (
        (None, {"fields": ("name", "slug", "idp", "enabled", "responsible", "preset")}),
        (
            gettext_lazy("People"),
            {"fields": ("linking", "delete_mode", "visibility", "required_group", "manages_privileged")},
        ),
        (
            gettext_lazy("Logins"),
            {
                "fields": (
                    "saml_entity_id",
                    "oidc_issuer",
                    "oidc_client_id",
                    "signing_keys_url",
                    "revocation_issuer",
                    "jit",
                    "attribute_sync",
                    "required_claims",
                    "allowed_email_domains",
                    "seat_limit",
                    "session_max_age_seconds",
                    "stale_after_days",
                    "stale_action",
                    "stale_warning_days",
                )
            },
        ),
        (
            gettext_lazy("Groups and rights at login"),
            {"fields": ("default_groups", "group_sync", "privilege_rules")},
        ),
        (gettext_lazy("Protocol"), {"fields": ("strict", "group_prefix")}),
        (
            gettext_lazy("Many leavers at once"),
            {"fields": ("mass_leave_percent", "mass_leave_minutes", "mass_leave_halts")},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow by Django's own permission, or by the one that covers all of this page."""
        return admin.ModelAdmin.has_add_permission(self, request) or _manages(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow by Django's own permission, or by the one that covers all of this page.

        Not to others than superusers where the connection manages these: who could name its identity provider, or a
        domain that it may speak for, could log in as one of them.
        """
        if is_kept_for_superusers(request, obj):
            return False
        return super().has_change_permission(request, obj) or _manages(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow also to those who issue tokens."""
        return super().has_view_permission(request, obj) or _manages(request) or may_revoke(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Add the time of the last request, from the tokens."""
        used = ConnectionToken.objects.filter(connection=OuterRef("pk"), last_used_at__isnull=False)
        latest = used.order_by("-last_used_at").values("last_used_at")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(last_request_at=Subquery(latest))
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let the slug be chosen once, and what opens the admin be changed by superusers only."""
        fixed = () if obj is None else ("slug",)
        return fixed if getattr(request.user, "is_superuser", False) else (*fixed, *_OPENS_THE_ADMIN)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Let the form of a new connection carry the answers to the questions above it, and know who fills it in."""
        if obj is None:
            kwargs["form"] = NewConnectionForm
        form: type[Any] = super().get_form(request, obj, change, **kwargs)
        form.person = request.user
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Choose the preset that the answers recommend."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        recommendation = QuestionForm(request.GET).recommendation()
        return initial if recommendation is None else {**initial, "preset": recommendation.preset}

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        """Propose a slug for a new connection."""
        return {"slug": ("name",)} if obj is None else {}

    @admin.display(description=gettext_lazy("status"), ordering="enabled")
    def status(self, connection: Connection) -> str:
        """Say whether the connection is at work."""
        if not connection.enabled:
            return _("✕ disabled")
        return _("✓ enabled") if connection.halted_at is None else _("! writes halted")

    @admin.display(description=gettext_lazy("last request"), ordering="last_request_at")
    def last_request(self, connection: Any) -> Any:
        """Say when the IdP last called, to the minute."""
        return connection.last_request_at or _("never")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write through the lifecycle: the form has only checked what was typed."""
        if not form.has_changed():
            return
        policies = {
            name: form.cleaned_data[name] for name in form.cleaned_data if name in connections.POLICIES
        }
        if change:
            # The form has changed ``obj`` already; the stored row knows the old values for the event.
            stored = Connection.objects.get(pk=obj.pk)
            was_enabled = stored.enabled
            connections.configure(context_of(request, stored), stored, **policies)
            if was_enabled and not stored.enabled:
                self.message_user(request, _what_stays_open(stored), messages.WARNING)
            return
        made = connections.create(
            context_of(request), slug=form.cleaned_data["slug"], reasons=form.reasons(), **policies
        )
        obj.pk, obj.created_at, obj._state.adding = made.pk, made.created_at, False

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on to the page of the new connection: the next step is a token."""
        messages.success(
            request, _("The connection “%(name)s” was added. Now issue a token.") % {"name": obj.name}
        )
        return HttpResponseRedirect(self.url_of(obj))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or save; what only the lifecycle noticed, such as a slug taken at this moment, becomes a message."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ProvisioningError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(request.path)

    def render_change_form(  # noqa: PLR0917 - the signature is Django's
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add the tokens, the domains and the URL for the IdP."""
        context.update(
            scim_base_url=scim_base_url(request, obj.idp if obj else ""),
            show_save_and_add_another=False,
            may_issue=obj is not None and may_issue(request, obj),
            may_revoke=may_revoke(request),
            may_explain=may_explain(request),
        )
        if obj is None:
            context.update(_questions(request))
        else:
            context["is_kept_for_superusers"] = _manages(request) and is_kept_for_superusers(request, obj)
            context["may_end"] = may_end(request, obj) and self.has_change_permission(request, obj)
            context.update(sections(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        """Add the operations."""
        operations: tuple[tuple[str, str, Any], ...] = (
            ("release/", "release", ReleaseView),
            ("end/", "end", EndConnectionView),
            ("tokens/issue/", "issue_token", IssueTokenView),
            ("tokens/<int:token_id>/rotate/", "rotate_token", RotateTokenView),
            ("tokens/<int:token_id>/revoke/", "revoke_token", RevokeTokenView),
            ("domains/add/", "verify_domain", VerifyDomainView),
            ("domains/<int:domain_id>/withdraw/", "withdraw_domain", WithdrawDomainView),
        )
        urls = [
            path(
                f"<int:object_id>/{route}",
                self.admin_site.admin_view(view.as_view(page=self)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )
            for route, name, view in operations
        ]
        return [*urls, *setup_urls(self), *explain_urls(self), *super().get_urls()]


def is_kept_for_superusers(request: HttpRequest, connection: Connection | None) -> bool:
    """Whether the person may only look at the connection, because it manages staff and superusers."""
    user: Any = request.user
    is_superuser = getattr(user, "is_superuser", False)
    return connection is not None and connection.manages_privileged and not is_superuser


def _questions(request: HttpRequest) -> dict[str, Any]:
    asked = any(name in request.GET for name in QUESTIONS)
    form = QuestionForm(request.GET if asked else None)
    return {"question_form": form, "recommendation": form.recommendation() if asked else None}


def _manages(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm("django_provisioning.manage_connection"))


def _what_stays_open(connection: Connection) -> str:
    """Say what disabling alone leaves as it is."""
    counts = connection_end.concerned(connection).facts()
    return (
        _(
            "Accounts stay as they are: %(people)d people keep their access, %(sessions)d sessions stay open. "
            "“End this connection” ends them."
        )
        % counts
    )
