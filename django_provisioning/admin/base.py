"""What all pages share: nothing is deleted, lists stay quick on a million rows, links and the lifecycle context."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from ..lifecycle.addresses import client_address
from ..lifecycle.context import Actor, Context
from ..models import Connection
from .base_class import base_class
from .paging import KeysetChangeList

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Any]
    BasePaginator = Paginator[Any]
else:
    BaseAdmin = base_class()
    BasePaginator = Paginator


# Longer than anything that a link of ours says, and than the digits that Python makes a number of.
_LONGEST_PARAMETER = 4_000


class CappedPaginator(BasePaginator):
    """Counts at most ``cap`` rows: an exact count of a large table costs more than the page itself."""

    cap = 1_000
    # Set where the list knows its length without asking.
    known: int | None = None

    @cached_property
    def _counted(self) -> int:
        if self.known is not None:
            return self.known
        rows: Any = self.object_list
        # The key alone: a sliced count would compute every annotation of every row that it counts.
        return int(rows.order_by().values("pk")[: self.cap + 1].count())

    @cached_property
    def count(self) -> int:
        """Number of rows, as far as they were counted."""
        return min(self._counted, self.cap)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than ``count`` says."""
        return self._counted > self.cap


class ProvisioningAdmin(BaseAdmin):
    """A page without add and delete, with a constant number of queries per list.

    ``sortable_by`` names what an index sorts, or a table that stays small: any other column would sort a million rows.
    """

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    sortable_by: ClassVar[list[str] | tuple[str, ...] | None] = ()

    class Media:
        css = {"all": ["django_provisioning/admin.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Page by keys."""
        return KeysetChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the list; what somebody typed into the address, and no database takes, is a wrong parameter.

        Raises:
            IncorrectLookupParameters: Django's answer to it is the list without any.
        """
        for name, values in request.GET.lists():
            if name != SEARCH_VAR and any(_is_beyond_reason(value) for value in values):
                raise IncorrectLookupParameters(name)
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as error:  # A number or a time beyond what can be stored.
            raise IncorrectLookupParameters(error) from error

    def may_count(self, request: HttpRequest) -> bool:
        """Whether the list under these filters is counted: not where rows are so rare that it means to read all."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: these rows are made by the lifecycle."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse, but let Django's own pages take along what nothing relies on any more.

        Django asks this for every row that would go when a user or group is deleted on its own page.
        """
        if obj is None or self._is_own_page(request):
            return False
        return self.may_go_along(obj)

    def url_of(self, obj: Model) -> str:
        """Give the URL of the page of a row."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[obj.pk], current_app=self.admin_site.name)

    def may_go_along(self, obj: Any) -> bool:
        """Whether the row may vanish because the Django user or group that it speaks of is deleted."""
        return False

    def _is_own_page(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        own = f"{self.opts.app_label}_{self.opts.model_name}_"
        return match is None or (match.url_name or "").startswith(own)


def _is_beyond_reason(value: str) -> bool:
    return len(value) > _LONGEST_PARAMETER or "\0" in value


class ReadOnlyAdmin(ProvisioningAdmin):
    """A page that shows and never writes."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: these rows say what happened."""
        return False


def may_see_events(request: HttpRequest) -> bool:
    """Whether the person may read the trail; pages of other things show a part of it only then."""
    user: Any = request.user
    return bool(user.has_perm("django_provisioning.view_event"))


def may_see_user(request: HttpRequest) -> bool:
    """Whether the admin of the project shows its users to the person."""
    viewer: Any = request.user
    app, model = get_user_model()._meta.label_lower.split(".")
    return any(viewer.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))


def context_of(request: HttpRequest, connection: Connection | None = None, batch_id: str = "") -> Context:
    """Give the lifecycle context of a click."""
    actor = Actor.admin(request.user)
    return Context.of(actor, connection, batch_id=batch_id, ip=client_address(request))


def link_to(site: admin.AdminSite, instance: Model | None, text: str = "") -> str:
    """Give a link to the page of a row, or its bare text where the site has no page for it. No query."""
    if instance is None:
        return "–"
    text = text or str(instance)
    if not site.is_registered(type(instance)):
        return text
    opts = instance._meta
    url = reverse(
        f"admin:{opts.app_label}_{opts.model_name}_change", args=[instance.pk], current_app=site.name
    )
    return format_html('<a href="{}">{}</a>', url, text)
