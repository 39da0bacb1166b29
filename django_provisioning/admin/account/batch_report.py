"""Says how a batch went: what was done, what needed nothing, what was refused and why, and where its events are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..base import may_see_events

if TYPE_CHECKING:
    from ..base import ProvisioningAdmin
    from .batch import Batch


def report(page: ProvisioningAdmin, request: HttpRequest, title: Any, batch: Batch) -> None:
    """Leave the messages for the next page."""
    if batch.done:
        text = ngettext("%(verb)s: %(count)d account.", "%(verb)s: %(count)d accounts.", batch.done)
        page.message_user(request, text % {"verb": title, "count": batch.done}, messages.SUCCESS)
    if batch.skipped:
        text = ngettext(
            "%(count)d account needed nothing.", "%(count)d accounts needed nothing.", batch.skipped
        )
        page.message_user(request, text % {"count": batch.skipped}, messages.INFO)
    for why, names in batch.refused.items():
        page.message_user(request, _refusal(why, names, batch.refused_more.get(why, 0)), messages.ERROR)
    if batch.total > 1 and batch.done:
        page.message_user(request, _where(page, request, batch), messages.INFO)


def _refusal(why: str, names: list[str], more: int) -> str:
    facts = {"names": ", ".join(names), "why": why.removesuffix("."), "count": more}
    if more:
        return _("Skipped: %(names)s and %(count)d more: %(why)s.") % facts
    return _("Skipped: %(names)s: %(why)s.") % facts


def _where(page: ProvisioningAdmin, request: HttpRequest, batch: Batch) -> str:
    if not may_see_events(request):
        return _("Batch %(id)s.") % {"id": batch.id}
    site = page.admin_site.name
    url = reverse(
        "admin:django_provisioning_event_changelist", current_app=site, query={"batch_id": batch.id}
    )
    return format_html(_('All events of <a href="{url}">batch {id}</a>.'), url=url, id=batch.id)
