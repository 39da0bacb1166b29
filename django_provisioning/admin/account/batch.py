"""Asks for the reason of a verb, then carries it out: each account a transaction of its own, under one batch id.

A page carries its batch signed: which accounts were shown, what was decided, how far it has come. So the accounts
that end are those whose number was confirmed, whatever a filter would find meanwhile, and their number is not
limited by how many fields a form may have. A request works for ``SECONDS_AT_ONCE`` at most and then offers to go on,
because a web server ends longer ones in the middle. Where one was ended all the same, every account is whole, sending
the page again goes on with the rest, and the batch id, which stands on the page before anything is done, finds the
events of what was.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ...exceptions import ProvisioningError
from ...lifecycle import transactions
from ...lifecycle.context import Context
from ...models import Account
from ..base import context_of
from .batch_report import report
from .verbs import Answers, Verb, is_protected

if TYPE_CHECKING:
    from ..base import ProvisioningAdmin

logger = logging.getLogger("django_provisioning.admin")

# A wrong filter must not lock out a company by one click. Who means more has provisioning_offboard --file.
MOST_AT_ONCE = 1_000
SECONDS_AT_ONCE = 10.0
_SHOWN = 20
_NAMED = 10
# A reason may quote what another system said, differently for each account; the page that carries them has an end.
_MOST_REASONS = 20
_PAGE_LIVES_SECONDS = 24 * 60 * 60


@dataclass(slots=True)
class Batch:
    """One confirmed act on many accounts. ``keys`` are still to be done; ``refused`` maps a reason to names."""

    verb: str
    keys: list[int]
    total: int
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    reason: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    done: int = 0
    skipped: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)
    refused_more: dict[str, int] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether it was confirmed and has begun."""
        return bool(self.reason)

    @property
    def refused_count(self) -> int:
        """Number of accounts that were refused."""
        return sum(map(len, self.refused.values())) + sum(self.refused_more.values())

    def refuse(self, why: str, name: str) -> None:
        """Count a refusal, and name whom it concerned as long as there is room."""
        if why not in self.refused and len(self.refused) >= _MOST_REASONS:
            why = _("of another kind: see the log of the server")
        names = self.refused.setdefault(why, [])
        if len(names) < _NAMED:
            names.append(name)
        else:
            self.refused_more[why] = self.refused_more.get(why, 0) + 1


def ask_or_act(
    page: ProvisioningAdmin,
    request: HttpRequest,
    verb: Verb,
    keys: Sequence[int],
    *,
    action: str = "",
    target: Account | None = None,
) -> HttpResponse | None:
    """Show the confirmation page, or act if it was confirmed, and then give None.

    ``action`` is the name of the list action that has to be called again; ``target`` the account whose page it was.
    """
    sent = sent_batch(request, verb)
    if sent is None and carries_batch(request):
        page.message_user(request, _("This page is too old. Choose the accounts again."), messages.ERROR)
        return None
    batch = sent or Batch(verb.name, list(keys), len(keys))
    confirmed = request.method == "POST" and "confirmed" in request.POST
    form = None if batch.is_running else verb.form(request.POST if confirmed else None, count=batch.total)
    if confirmed and form is not None and form.is_valid():
        batch.reason, batch.answers = form.cleaned_data["reason"], form.answers()
    if confirmed and batch.is_running:
        context = context_of(request, batch_id=batch.id)
        _Work(page, request, verb, batch, context, verb.form.restored(batch.answers)).go_on()
        if not batch.keys:
            report(page, request, verb.title, batch)
            return None
        form = None
    return _asked(page, request, verb, batch, {"form": form, "action": action, "target": target})


def carries_batch(request: HttpRequest) -> bool:
    """Whether the request comes from a confirmation page, so that nothing else says which accounts are meant."""
    return "batch" in request.POST


def sent_batch(request: HttpRequest, verb: Verb) -> Batch | None:
    """Give the batch that the page carried, None if it carried none that this person was shown for this verb."""
    text = request.POST.get("batch", "")
    try:
        found = signing.loads(text, salt=_salt(request), max_age=_PAGE_LIVES_SECONDS) if text else None
        return Batch(**found) if found is not None and found["verb"] == verb.name else None
    except (signing.BadSignature, TypeError):  # TypeError: another version of this app has signed it.
        return None


def _asked(
    page: ProvisioningAdmin, request: HttpRequest, verb: Verb, batch: Batch, more: dict[str, Any]
) -> HttpResponse:
    shown = list(Account.objects.select_related("user").filter(pk__in=batch.keys[:_SHOWN]).order_by("pk"))
    context = {
        **page.admin_site.each_context(request),
        "title": verb.title,
        "opts": page.opts,
        "media": page.media,
        "verb": verb,
        "explanation": verb.explanation,
        "button": verb.button,
        "ends": verb.ends,
        "batch": batch,
        "signed_batch": signing.dumps(asdict(batch), salt=_salt(request), compress=True),
        "accounts": [{"account": account, "is_protected": is_protected(account)} for account in shown],
        "more": len(batch.keys) - len(shown),
        "refused": batch.refused_count,
        "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        **more,
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/django_provisioning/account_verb.html", context)


@dataclass(frozen=True, slots=True)
class _Work:
    """One request's share of a batch."""

    page: ProvisioningAdmin
    request: HttpRequest
    verb: Verb
    batch: Batch
    context: Context
    answers: Answers

    def go_on(self) -> None:
        """Do as many accounts as there is time for, at least one; what goes wrong with one does not stop the others."""
        ends_at = time.monotonic() + SECONDS_AT_ONCE
        for number, key in enumerate(list(self.batch.keys)):
            if number and time.monotonic() >= ends_at:
                return
            self._do(key)
            self.batch.keys.pop(0)

    def _do(self, key: int) -> None:
        act = partial(self._act, key)
        try:
            account = act() if self.verb.is_alone else transactions.run(act)
        except ProvisioningError as error:
            self.batch.refuse(error.detail, _name_of(key))
            return
        except transactions.GONE:
            raise  # Every other account would fail as this one did.
        except Exception:  # A receiver of the project: one account must not keep the others from their end.
            logger.exception("%s: account %s failed in batch %s", self.verb.name, key, self.batch.id)
            why = _("it failed unexpectedly; the log of the server says why, under batch %(id)s")
            self.batch.refuse(why % {"id": self.batch.id}, _name_of(key))
            return
        if account is None:
            self.batch.skipped += 1
            return
        self.page.log_change(self.request, account, f"{self.verb.title}: {self.batch.reason}")
        self.batch.done += 1

    def _act(self, key: int) -> Account | None:
        """Lock and act on one account; None if there was nothing left to do."""
        queryset: Any = Account.objects.select_related("user")
        if not self.verb.is_alone:
            queryset = transactions.lock(queryset, "self", "user")
        account: Account | None = queryset.filter(pk=key).first()
        if account is None or self.verb.is_done(account):
            return None
        self.verb.require(self.request.user, account, self.answers)
        event = self.verb.act(self.context, account, self.batch.reason, self.answers)
        return account if event is not None else None


def _name_of(key: int) -> str:
    account = Account.objects.select_related("user").filter(pk=key).first()
    return account.user.get_username() if account is not None else str(key)


def _salt(request: HttpRequest) -> str:
    """Bind a page to the person who was shown it."""
    return f"django_provisioning.account_batch.{request.user.pk}"


def keys_of(rows: Any) -> list[int]:
    """Give the primary keys of a queryset of accounts, one more than a batch takes at most."""
    return list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
