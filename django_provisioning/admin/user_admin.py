"""``ProvisioningUserAdminMixin``: what the project's own ``UserAdmin`` says of provisioning, and what it leaves alone.

::

    @admin.register(User)
    class PeopleAdmin(ProvisioningUserAdminMixin, UserAdmin): ...

It stands first, before whatever base class the project uses, and works on any user model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import ForeignKey, QuerySet
from django.forms import Media, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import get_template, select_template
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..lifecycle import leave, user_rows
from ..lifecycle.ownership import owning
from ..mapping.owners import takes_logins
from ..models import Account
from ..reports.sources import source_of
from .base import context_of
from .user.filters import UserConnectionFilter, UserManagerFilter, UserOriginFilter
from .user.forms import (
    UserPageForm,
    UserRowForm,
    account_of,
    identities_of,
    owned_by,
    read_only,
    with_identities,
)
from .user.panel import panel

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

_COLUMN = "provisioning_source"
_FILTERS = (UserOriginFilter, UserManagerFilter, UserConnectionFilter)
_PAGE = "admin/django_provisioning/user/change_form.html"


class ProvisioningUserAdminMixin(Base):
    """A source column, filters and a panel; what a connection owns is read-only, whoever looks at it.

    No superuser overrides an owner, because the next push or login would undo it: the remedy is to change it at the
    source, or to have it removed there. [The list costs 2 queries more, however long it is.]
    """

    @property
    def media(self) -> Media:
        """Add the style sheets of the panel."""
        names = ("admin.css", "provisioning.css")
        return super().media + Media(css={"all": [f"django_provisioning/{name}" for name in names]})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load accounts and live identities with the users [2 queries; the list joins the accounts instead]."""
        return super().get_queryset(request).prefetch_related("provisioning_account", with_identities())

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """Join the accounts to the list, beside what the project joins."""
        wanted: Any = super().get_list_select_related(request)
        if isinstance(wanted, bool):
            columns = [field.name for field in self.opts.fields if isinstance(field, ForeignKey)]
            shown = set(self.get_list_display(request))
            wanted = [name for name in columns if wanted or name in shown]
        return (*wanted, "provisioning_account")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add the source after the first column, unless the project has placed it: the last may be out of sight."""
        columns = tuple(super().get_list_display(request))
        return columns if _COLUMN in columns else (*columns[:1], _COLUMN, *columns[1:])

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Add the filters below those of the project."""
        filters = tuple(super().get_list_filter(request))
        return (*filters, *(one for one in _FILTERS if one not in filters))

    @admin.display(description=gettext_lazy("source"))
    def provisioning_source(self, user: Any) -> str:
        """Say where the account came from and which connections look after it; no query in a list."""
        source = source_of(account_of(user), identities_of(user))
        return format_html(
            '<span aria-hidden="true">{}</span> {} <span class="provisioning-muted">{}</span>',
            source.icon,
            source.label,
            ", ".join(source.connections),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add what a connection owns, and ``is_active`` of who has left: a return asks for a reason elsewhere."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, *(name for name in read_only(obj) if name not in fields))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what a connection owns: nothing is filled in there."""
        shut = read_only(obj)
        filled = super().get_prepopulated_fields(request, obj)
        return {name: sources for name, sources in filled.items() if name not in shut}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Put the refusals before the project's form, and the reasons beside the read-only fields."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            return form
        facts = {"owned": owned_by(obj), "password_hint": _why_no_password(obj)}
        guarded = type(form)(form.__name__, (UserPageForm, form), facts)
        # Django shows help texts as HTML.
        reasons = {name: escape(reason) for name, reason in read_only(obj).items()}
        guarded._meta.help_texts = {**(guarded._meta.help_texts or {}), **reasons}
        return guarded

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ModelForm[Any]]:
        """Put the refusals before the form of a row."""
        form: Any = super().get_changelist_form(request, **kwargs)
        guarded: type[ModelForm[Any]] = type(form)(form.__name__, (UserRowForm, form), {})
        return guarded

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; who is made inactive leaves as an administrator's suspension, with this person as the actor.

        What a directory or a leave has written since the row was loaded is taken in first: Django saves it whole.
        """
        loaded = getattr(form, "loaded", None)
        if change and loaded is not None:
            user_rows.take_in_changes(obj, loaded)
        if change and "is_active" in form.changed_data and not obj.is_active:
            leave.suspend(
                context_of(request), obj, suspension=Account.Suspension.ADMINISTRATOR, reason="user_page"
            )
        super().save_model(request, obj, form, change)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        """Refuse a local password where a connection decides who comes in; taking one away stays possible."""
        user = self.get_object(request, unquote(id))
        may = self.has_change_permission(request, user)
        if (
            user is None
            or not may
            or not _logs_in_elsewhere(user)
            or self._takes_password_away(request, user)
        ):
            page: Callable[..., HttpResponse] = super().user_change_password  # type: ignore[misc]
            if user is None or request.method != "POST":
                return page(request, id, form_url)
            # Hashing takes a while, and the whole row is saved after it.
            return user_rows.alone_with(user.pk, lambda: page(request, id, form_url))
        messages.error(request, _why_no_password(user))
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[user.pk], current_app=self.admin_site.name))

    def _takes_password_away(self, request: HttpRequest, user: Any) -> bool:
        """Whether the form itself, and not what its buttons are called, says that no password is left after it."""
        if request.method != "POST":
            return bool(user.has_usable_password())
        form: Any = self.change_password_form(user, request.POST)  # type: ignore[attr-defined]
        return bool(form.is_valid()) and form.cleaned_data.get("set_usable_password", True) is False

    def render_change_form(  # noqa: PLR0917 - the signature is Django's
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Put the panel below the form, whatever template the project's page has."""
        response: Any = super().render_change_form(request, context, add, change, form_url, obj)
        if obj is not None and not add:
            own = response.template_name
            found = get_template(own) if isinstance(own, str) else select_template(own)
            response.context_data |= {
                "provisioned_page": found,
                "provisioning": panel(self.admin_site, request, obj),
            }
            response.template_name = _PAGE
        answer: HttpResponse = response
        return answer


def _logs_in_elsewhere(user: Any) -> bool:
    """Whether single sign-on lets the person in; people of a connection that only pushes may need a password here."""
    found = owning(user, identities_of(user))
    known = (identity.connection for identity in found)
    return any(one.subject is not None for one in found) or any(map(takes_logins, known))


def _why_no_password(user: Any) -> str:
    """Say why the person gets no local password, "" where one may be set."""
    if not _logs_in_elsewhere(user):
        return ""
    names = ", ".join(identity.connection.name for identity in owning(user, identities_of(user)))
    text = _("%(user)s logs in through %(connections)s. A local password would be a second door past it.")
    return text % {"user": user, "connections": names}
