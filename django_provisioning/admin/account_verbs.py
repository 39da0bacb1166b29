"""Offboard, reinstate, revoke sessions: asked for on a list or on one page and confirmed with a reason.

Each account is a transaction of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..exceptions import ProvisioningError
from ..lifecycle import accounts, leave, rejoin, sign_out, transactions
from ..lifecycle.context import Context
from ..lifecycle.protection import is_privileged
from ..models import Account, Event
from .base import context_of
from .forms import BatchForm

if TYPE_CHECKING:
    from .base import ProvisioningAdmin

Text = str | Promise

# Each selected account is a hidden field, and Django takes a thousand fields; a command takes more.
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done to accounts. ``is_done`` tells where nothing is left to do, so that no event claims it."""

    name: str
    title: Text
    explanation: tuple[Text, ...]
    button: Text
    ends: bool
    act: Callable[[Context, Any, str], Event | None]
    is_done: Callable[[Account], bool]


OFFBOARD = Verb(
    "offboard",
    gettext_lazy("Offboard"),
    (
        gettext_lazy("Access ends at once: the user becomes inactive, sessions end, the password is void."),
        gettext_lazy("Group memberships that came from an IdP are withdrawn. The Django user is kept."),
        gettext_lazy("Only the IdP’s SCIM connection or a reinstatement brings the person back."),
    ),
    gettext_lazy("Offboard"),
    True,
    lambda context, user, reason: leave.offboard(context, user, reason=reason),
    accounts.is_offboarded,
)
REINSTATE = Verb(
    "reinstate",
    gettext_lazy("Reinstate"),
    (
        gettext_lazy("The user becomes active again."),
        gettext_lazy("Sessions, passwords and group memberships do not come back by themselves."),
    ),
    gettext_lazy("Reinstate"),
    False,
    lambda context, user, reason: rejoin.reinstate(context, user, reason=reason),
    accounts.has_access,
)

SIGN_OUT = Verb(
    "sign_out",
    gettext_lazy("Revoke sessions"),
    (
        gettext_lazy("Every session of the person ends at once, on every device. The account stays active."),
        gettext_lazy("API tokens stay; provisioning_revoke_sessions --tokens ends them as well."),
    ),
    gettext_lazy("Revoke sessions"),
    True,
    lambda context, user, reason: sign_out.sign_out(context, user, connection=None, reason=reason),
    lambda account: not account.user.is_active,
)


@dataclass(slots=True)
class Tally:
    """How a batch went; ``refused`` are texts for the person who asked."""

    done: int = 0
    skipped: int = 0
    refused: list[str] = field(default_factory=list)


def ask_or_act(
    page: ProvisioningAdmin, request: HttpRequest, verb: Verb, selected: list[Account], *, action: str = ""
) -> HttpResponse | None:
    """Show the confirmation page, or act if it was confirmed, and then give None.

    ``action`` is the name of the list action that has to be called again; the page of one account needs none.
    """
    confirmed = request.method == "POST" and "confirmed" in request.POST
    form = BatchForm(request.POST if confirmed else None, count=len(selected))
    if confirmed and form.is_valid():
        reason = form.cleaned_data["reason"]
        _report(page, request, verb, _act(page, request, verb, [account.pk for account in selected], reason))
        return None
    context = {
        **page.admin_site.each_context(request),
        "title": verb.title,
        "opts": page.opts,
        "media": page.media,
        "verb": verb,
        "explanation": verb.explanation,
        "button": verb.button,
        "ends": verb.ends,
        "form": form,
        "accounts": selected,
        "action": action,
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "target": selected[0] if not action else None,
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/django_provisioning/account_verb.html", context)


def _act(
    page: ProvisioningAdmin, request: HttpRequest, verb: Verb, keys: Iterable[int], reason: str
) -> Tally:
    """Do it for each account in a transaction of its own; one refusal does not stop the others."""
    context = context_of(request, batch_id=uuid.uuid4().hex)
    tally = Tally()
    for key in keys:
        try:
            account = transactions.run(partial(_act_on, request, verb, context, key, reason))
        except ProvisioningError as error:
            tally.refused.append(error.detail)
            continue
        if account is None:
            tally.skipped += 1
            continue
        page.log_change(request, account, f"{verb.title}: {reason}")
        tally.done += 1
    return tally


def _act_on(request: HttpRequest, verb: Verb, context: Context, key: int, reason: str) -> Account | None:
    """Lock and act on one account; None if there was nothing left to do."""
    queryset = Account.objects.select_related("user")
    account: Account | None = transactions.lock(queryset, "self", "user").filter(pk=key).first()
    if account is None or verb.is_done(account):
        return None
    _require_reach(request.user, account)
    return account if verb.act(context, account.user, reason) is not None else None


def _require_reach(person: Any, account: Account) -> None:
    """Keep helpdesk staff from locking out, or letting in, those above them; nobody locks themselves out.

    Raises:
        ProvisioningError: the account is out of the person's reach.
    """
    name = {"name": account.user.get_username()}
    if account.user == person:
        raise ProvisioningError(_("%(name)s is your own account.") % name, reason="own_account")
    protected = is_privileged(account.user) or account.kind == Account.Kind.BREAK_GLASS
    if protected and not person.is_superuser:
        text = _("%(name)s is staff, superuser or break-glass: only a superuser may do this.") % name
        raise ProvisioningError(text, reason="protected_account")


def _report(page: ProvisioningAdmin, request: HttpRequest, verb: Verb, tally: Tally) -> None:
    if tally.done:
        text = ngettext("%(verb)s: %(count)d account.", "%(verb)s: %(count)d accounts.", tally.done)
        page.message_user(request, text % {"verb": verb.title, "count": tally.done}, messages.SUCCESS)
    if tally.skipped:
        text = ngettext(
            "%(count)d account needed nothing.", "%(count)d accounts needed nothing.", tally.skipped
        )
        page.message_user(request, text % {"count": tally.skipped}, messages.INFO)
    for refusal in tally.refused:
        page.message_user(request, refusal, messages.ERROR)
