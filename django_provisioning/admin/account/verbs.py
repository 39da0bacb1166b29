"""What can be done to accounts: offboard, reinstate, revoke sessions, set owner and kind, end what a leave left.

``batch`` asks for the reason and carries it out; here stands what each verb does and to whom it reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...exceptions import ProvisioningError
from ...lifecycle import accounts, leave, rejoin, remnants, sign_out
from ...lifecycle.context import Context
from ...mapping.reach import is_privileged
from ...models import Account, Event
from ..forms import BatchForm
from .forms import KindForm, OwnerForm

Text = str | Promise
Answers = Mapping[str, Any]
Act = Callable[[Context, Account, str, Answers], Event | None]


def require_reach(person: Any, account: Account, _answers: Answers) -> None:
    """Keep helpdesk staff from locking out, or letting in, those above them; nobody locks themselves out.

    Raises:
        ProvisioningError: the account is out of the person's reach.
    """
    if account.user == person:
        raise ProvisioningError(_("it is your own account"), reason="own_account")
    _require_superuser_for_protected(person, account)


def require_say(person: Any, account: Account, answers: Answers) -> None:
    """Let only superusers say of protected accounts, and of their own, what they are; nobody else makes one.

    A break-glass account is out of the reach of every directory, so making one is a privilege.

    Raises:
        ProvisioningError: the account is out of the person's reach.
    """
    if getattr(person, "is_superuser", False):
        return
    if account.user == person:
        raise ProvisioningError(_("it is your own account"), reason="own_account")
    if answers.get("kind") == Account.Kind.BREAK_GLASS:
        text = _("only a superuser may make an account break-glass")
        raise ProvisioningError(text, reason="protected_account")
    _require_superuser_for_protected(person, account)


def is_protected(account: Account) -> bool:
    """Whether only a superuser may decide about the account."""
    return is_privileged(account.user) or account.kind == Account.Kind.BREAK_GLASS


def _require_superuser_for_protected(person: Any, account: Account) -> None:
    if is_protected(account) and not getattr(person, "is_superuser", False):
        text = _("staff, superuser or break-glass: only a superuser may do this")
        raise ProvisioningError(text, reason="protected_account")


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done to accounts. ``is_done`` tells where nothing is left to do, so that no event claims it.

    ``act`` runs with the account and its user locked, in one transaction, unless ``is_alone``: then it opens its own.
    ``require`` raises for an account out of the person's reach. ``permission`` is that of ``AccountAdmin``.
    """

    name: str
    title: Text
    explanation: tuple[Text, ...]
    button: Text
    act: Act
    is_done: Callable[[Account], bool] = lambda _account: False
    ends: bool = False
    form: type[BatchForm] = BatchForm
    permission: str = "offboard"
    require: Callable[[Any, Account, Answers], None] = require_reach
    is_alone: bool = False


def _describe(context: Context, account: Account, reason: str, answers: Answers) -> Event | None:
    present = {"kind": account.kind, "owner": account.owner}
    return accounts.describe(context, account, **{**present, **answers}, reason=reason)


OFFBOARD = Verb(
    "offboard",
    gettext_lazy("Offboard"),
    (
        gettext_lazy("Access ends at once: the user becomes inactive, sessions end, the password is void."),
        gettext_lazy("Group memberships that came from an IdP are withdrawn. The Django user is kept."),
        gettext_lazy("Only the IdP’s SCIM connection or a reinstatement brings the person back."),
    ),
    gettext_lazy("Offboard"),
    lambda context, account, reason, _answers: leave.offboard(context, account.user, reason=reason),
    accounts.is_offboarded,
    ends=True,
)
REINSTATE = Verb(
    "reinstate",
    gettext_lazy("Reinstate"),
    (
        gettext_lazy("The user becomes active again."),
        gettext_lazy("Sessions, passwords and group memberships do not come back by themselves."),
    ),
    gettext_lazy("Reinstate"),
    lambda context, account, reason, _answers: rejoin.reinstate(context, account.user, reason=reason),
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
    lambda context, account, reason, _answers: sign_out.sign_out(
        context, account.user, connection=None, reason=reason
    ),
    lambda account: not account.user.is_active,
    ends=True,
)
SET_OWNER = Verb(
    "set_owner",
    gettext_lazy("Set owner"),
    (gettext_lazy("The owner answers for the account. It opens nothing and ends nothing."),),
    gettext_lazy("Set owner"),
    _describe,
    form=OwnerForm,
    permission="change",
    require=require_say,
)
SET_KIND = Verb(
    "set_kind",
    gettext_lazy("Set kind"),
    (
        gettext_lazy("A service or break-glass account needs an owner, and silence does not make it stale."),
        gettext_lazy("No directory changes or locks out a break-glass account, unless its connection may."),
    ),
    gettext_lazy("Set kind"),
    _describe,
    form=KindForm,
    permission="change",
    require=require_say,
)
END_REMNANTS = Verb(
    "end_remnants",
    gettext_lazy("Revoke now"),
    (
        gettext_lazy("These accounts have left, and still hold a session or a token. All of it ends."),
        gettext_lazy("The accounts stay as they are: nobody is let in, and nobody’s state changes."),
    ),
    gettext_lazy("Revoke now"),
    lambda context, account, reason, _answers: remnants.end_what_is_left(context, account, reason=reason),
    ends=True,
)
RETRY = Verb(
    "retry_open",
    gettext_lazy("Retry open revocations now"),
    (
        gettext_lazy("What could not be revoked is tried again at once, without waiting for its next turn."),
        gettext_lazy("What fails again stays open, and provisioning_run goes on trying."),
    ),
    gettext_lazy("Retry now"),
    lambda context, account, reason, _answers: remnants.retry(context, account, reason=reason),
    ends=True,
    is_alone=True,
)
# On a list and on the page of one account; the others speak of all accounts in one condition.
ON_ONE = (OFFBOARD, REINSTATE, SIGN_OUT)
