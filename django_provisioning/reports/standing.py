"""How an account stands, as four separate answers, none of which stands for another.

Can the person sign in, is the account active, is anybody signed in, and who looks after it: "cannot sign in" is not
"account gone", and a login-only account is never called in sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..mapping.owners import takes_logins
from ..models import Account, Connection, Identity

_SCIM = (Account.ManagedBy.SCIM, Account.ManagedBy.SCIM_SSO)


@dataclass(frozen=True, slots=True)
class Statement:
    """One answer with its reason. ``name`` is a stable word; ``icon`` is ✓, ! or ✕ and says nothing by itself."""

    name: str
    question: str
    icon: str
    answer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """When a connection last spoke for a person: ``is_push`` by its directory, otherwise by a login.

    ``days`` are whole days since then. After a login they are exposure: so long nobody has said that the person may
    still be here.
    """

    connection: Connection
    at: datetime
    days: int
    is_push: bool


@dataclass(frozen=True, slots=True)
class Sessions:
    """What is known of the sessions of one user; ``can_list`` is False where the engine keeps none to list."""

    known: int
    can_list: bool


def standing(
    account: Account, identities: Sequence[Identity], sessions: Sessions, now: datetime
) -> list[Statement]:
    """Give the four answers; the identities are loaded with their connections. No query."""
    live = [identity for identity in identities if identity.live]
    return [
        signing_in(account, live),
        _activity(account),
        _presence(sessions),
        _management(account, live, now),
    ]


def evidence_of(account: Account, identities: Iterable[Identity], now: datetime) -> Evidence | None:
    """Give the last word of an IdP on the person, None where no connection vouches.

    A push is the directory's; while it manages the account, its silence means that nothing has changed. A login says
    only that the person was there at that moment.
    """
    if account.managed_by == Account.ManagedBy.NONE:
        return None
    is_push = account.managed_by in _SCIM
    spoken = [
        ((one.last_synced_at if is_push else one.last_login_at) or one.created_at, one.connection)
        for one in identities
        if one.live and one.scim_managed is is_push
    ]
    if not spoken:
        return None
    at, connection = max(spoken, key=lambda pair: pair[0])
    return Evidence(connection, at, max((now - at).days, 0), is_push)


def signing_in(account: Account, live: Iterable[Identity]) -> Statement:
    """Say whether, and how, the person can sign in; ``live`` are live identities with their connections. No query."""
    question = _("Can sign in")
    user: Any = account.user
    if not user.is_active:
        reason = _(
            "The user row is inactive: no login opens it, and the guard refuses what older ones opened."
        )
        return Statement("signing_in", question, "✕", _("no"), reason)
    ways = [
        _("single sign-on through %(connection)s") % {"connection": identity.connection.name}
        for identity in live
        if identity.active and identity.connection.enabled and takes_logins(identity.connection)
    ]
    if getattr(user, "has_usable_password", bool)():
        ways.append(_("a password of this application"))
    if ways:
        text = _("With: %(ways)s.") % {"ways": ", ".join(ways)}
        return Statement("signing_in", question, "✓", _("yes"), text)
    reason = _("The user row is active, but without a password, and no enabled connection takes its logins.")
    return Statement("signing_in", question, "!", _("no way known"), reason)


def _activity(account: Account) -> Statement:
    question, label = _("Account active"), account.get_state_display()
    user: Any = account.user
    is_active = account.state == Account.State.ACTIVE
    if is_active is not bool(user.is_active):
        reason = _("Drift: the user row says otherwise, because something wrote past this app.")
        return Statement("activity", question, "!", label, reason)
    if is_active:
        return Statement("activity", question, "✓", label, _("Account and user row agree."))
    reason = _("Logins before %(moment)s are void.")
    since = account.access_valid_after
    text = reason % {"moment": f"{timezone.localtime(since):%Y-%m-%d %H:%M:%S %Z}"} if since else ""
    if account.state == Account.State.SUSPENDED:
        text = f"{account.get_suspension_display()}. {text}".strip()
    return Statement("activity", question, "✕", label, text)


def _presence(sessions: Sessions) -> Statement:
    question = _("Live sessions")
    if not sessions.can_list:
        reason = _(
            "The session engine leaves sessions in the browsers, so nobody can count them. A leave voids them all."
        )
        return Statement("presence", question, "!", _("cannot be listed"), reason)
    answer = ngettext("%(count)d known", "%(count)d known", sessions.known) % {"count": sessions.known}
    reason = _("Known is what was opened since this app was installed. A leave voids the others as well.")
    return Statement("presence", question, "!" if sessions.known else "✓", answer, reason)


def _management(account: Account, live: Sequence[Identity], now: datetime) -> Statement:
    question, label = _("Managed by"), account.get_managed_by_display()
    names = ", ".join(dict.fromkeys(identity.connection.name for identity in live))
    answer = f"{label}: {names}" if names else label
    evidence = evidence_of(account, live, now)
    if evidence is None:
        return Statement("management", question, "!", answer, _unvouched(live))
    if evidence.is_push:
        text = _("The directory speaks up when something changes. It last wrote %(date)s.")
        return Statement("management", question, "✓", answer, text % {"date": _day(evidence.at)})
    return Statement("management", question, "!", answer, _asserted(account, evidence))


def _unvouched(live: Sequence[Identity]) -> str:
    if live:
        return _("Linked here by an administrator; no login and no push has confirmed it yet.")
    return _(
        "No connection vouches for the person: only people here, or the project’s code, end this access."
    )


def _asserted(account: Account, evidence: Evidence) -> str:
    """Say when a login-only account was last vouched for, how long ago, and what ends it."""
    said = ngettext(
        "Last asserted %(date)s by a login, %(days)d day ago. Nobody tells when the person leaves.",
        "Last asserted %(date)s by a login, %(days)d days ago. Nobody tells when the person leaves.",
        evidence.days,
    ) % {"date": _day(evidence.at), "days": evidence.days}
    if account.state != Account.State.ACTIVE:
        return said
    limit = evidence.connection.stale_after_days
    if limit is None:
        rule = _("No rule of %(connection)s ends the account of somebody who stays away.")
        return f"{said} {rule % {'connection': evidence.connection.name}}"
    if evidence.days >= limit:
        rule = _(
            "The %(limit)d days of the stale-account policy of %(connection)s are over, unless it was used since."
        )
    else:
        rule = _("The stale-account policy of %(connection)s waits %(limit)d days, from the last use on.")
    return f"{said} {rule % {'connection': evidence.connection.name, 'limit': limit}}"


def _day(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}"
