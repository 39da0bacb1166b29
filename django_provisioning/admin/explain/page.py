"""The page "explain": what a login or a push would do, step by step, by the code that does it; nothing is kept of it.

It asks for more than to look: a rehearsal locks the rows it reads and runs the project's receivers, and it tells what
would happen to people of whom only their name is known. So it is for those who may offboard or manage connections,
and see accounts. It is a POST, and neither the question nor the answer is stored or logged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from ...exceptions import ProvisioningError
from ...lifecycle import explainers
from ...models import Account, Connection, Identity
from .form import ExplainForm

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from ..base import ProvisioningAdmin

    Text = str | Promise

_MOST_CONNECTIONS = 200
_VERBS: Mapping[str, Text] = {
    "created": gettext_lazy("Something new would be made."),
    "adopted": gettext_lazy("An account that this connection knows would be taken over."),
    "linked": gettext_lazy("An account that is there would be linked."),
    "rejoined": gettext_lazy("The person would be let in again."),
    "updated": gettext_lazy("What is there would be changed."),
    "moved": gettext_lazy("What is there would be changed."),
    "deactivated": gettext_lazy("Access would end."),
    "left": gettext_lazy("Access would end."),
    "deleted": gettext_lazy("Access would end, and the directory could not bring the same entry back."),
    "erased": gettext_lazy("Access would end, and the Django user would be deleted."),
    "unchanged": gettext_lazy("Nothing would change."),
    "refused": gettext_lazy("It would be refused."),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose page it is, and what may be asked there."""

    target: Any
    connections: Sequence[Connection]
    identities: Sequence[Identity]


def may_explain(request: HttpRequest) -> bool:
    """Whether the person may ask."""
    user: Any = request.user
    decides = any(
        user.has_perm(f"django_provisioning.{name}") for name in ("offboard_account", "manage_connection")
    )
    return decides and bool(user.has_perm("django_provisioning.view_account"))


def explain_urls(page: ProvisioningAdmin) -> list[URLPattern]:
    """Give the URL of the page, for accounts or for connections."""

    @sensitive_post_parameters("document")
    def explain(request: HttpRequest, object_id: int) -> HttpResponse:
        return _explain(page, request, object_id)

    name = f"{page.opts.app_label}_{page.opts.model_name}_explain"
    return [path("<int:object_id>/explain/", page.admin_site.admin_view(explain), name=name)]


@sensitive_variables("form", "answer")
def _explain(page: ProvisioningAdmin, request: HttpRequest, object_id: int) -> HttpResponse:
    if not may_explain(request):
        raise PermissionDenied
    asked = _asked_of_account(object_id) if page.model is Account else _asked_of_connection(object_id)
    data = request.POST if request.method == "POST" else None
    is_fixed = page.model is Connection
    form = ExplainForm(data, connections=asked.connections, identities=asked.identities, is_fixed=is_fixed)
    answer = _answer(form) if data is not None and form.is_valid() else None
    context = {
        **page.admin_site.each_context(request),
        "title": _("Explain"),
        "opts": page.opts,
        "media": page.media,
        "target": asked.target,
        "target_url": page.url_of(asked.target),
        "form": form,
        "answer": answer,
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/django_provisioning/explain.html", context)


def _asked_of_account(key: int) -> _Asked:
    """Put the connections that know the person first [3 queries]."""
    account = Account.objects.select_related("user").filter(pk=key).first()
    if account is None:
        raise Http404
    live = Identity.objects.filter(user=account.user_id, live=True).select_related("connection")
    identities = list(live.order_by("connection__slug"))
    known = [identity.connection for identity in identities]
    others = Connection.objects.exclude(pk__in=[one.pk for one in known])[:_MOST_CONNECTIONS]
    return _Asked(account, [*known, *others], identities)


def _asked_of_connection(key: int) -> _Asked:
    connection = Connection.objects.filter(pk=key).first()
    if connection is None:
        raise Http404
    return _Asked(connection, [connection], [])


@sensitive_variables("document", "found")
def _answer(form: ExplainForm) -> dict[str, Any] | None:
    """Rehearse, and give the answer as the template shows it; None where the question was none."""
    connection, document, door = form.asked()
    try:
        found = explainers.answer(connection, document, door)
    except ProvisioningError as error:
        form.add_error("document", error.detail)
        return None
    return {
        **found,
        "said": _VERBS.get(found["verb"], found["verb"]),
        "asked": json.dumps(document, ensure_ascii=False, indent=2),
        "steps": [{**step, "facts": _pairs(step["facts"])} for step in found["steps"]],
        "events": [
            {**event, "changes": _pairs(event["changes"]), "effects": _pairs(event["effects"])}
            for event in found["events"]
        ],
        "policy": _pairs(found["policy"]),
    }


def _pairs(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give facts as texts, by name."""
    return [(name, _text(value)) for name, value in sorted(facts.items())]


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and value.keys() == {"old", "new"}:
        return f"{_text(value['old'])} → {_text(value['new'])}"
    if value is None or value in ("", [], {}):
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
