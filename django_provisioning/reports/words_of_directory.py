"""Sentences about the directory and the connection itself: pushes, leaves, protection. See ``policies_in_words``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import Connection
from .sentences import Facts, Sentence, Words

# As in ``lifecycle.valve``, which reports may not import; a test holds the two together.
SMALLEST_ALARM = 10
_STALE = ("stale_after_days", "stale_action", "stale_warning_days")
_ALARM = ("mass_leave_percent", "mass_leave_minutes", "mass_leave_halts")
_LINKING = Connection.Linking
_ACTION = Connection.StaleAction


def _state(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    if connection.enabled:
        yield Sentence(("enabled",), _("Its tokens and logins are accepted."))
    else:
        text = _("It is disabled: every token and every login is refused. The rest holds once it is enabled.")
        yield Sentence(("enabled",), text, is_gap=True)
    if connection.halted_at is not None:
        text = _("The directory’s writes are halted until somebody releases the connection; logins go on.")
        yield Sentence(("mass_leave_halts",), text, is_gap=True)
    if facts.has_token:
        yield Sentence((), _("A directory can push: a live token is there."))
    else:
        yield Sentence((), _("No directory pushes here: there is no live token."))


def _responsible(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.responsible:
        text = _("What nothing here does is done by hand by: %(responsible)s.")
        yield Sentence(("responsible",), text % {"responsible": connection.responsible})
    else:
        yield Sentence(("responsible",), _("Nobody is named who does by hand what nothing here does."))


def _linking(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    if connection.linking == _LINKING.NEVER:
        text = _(
            "An account that was here before is never taken over: its push is answered 409, its login refused."
        )
        yield Sentence(("linking",), text)
        return
    if connection.linking == _LINKING.VERIFIED_EMAIL and not facts.domains:
        text = _("Nobody is linked: no e-mail domain is verified for this connection.")
        yield Sentence(("linking",), text, is_gap=True)
        return
    if connection.linking == _LINKING.VERIFIED_EMAIL:
        text = _(
            "An account that was here before is taken over where its e-mail address is in %(domains)s "
            "and the identity provider vouches for the address."
        )
        yield Sentence(("linking",), text % {"domains": ", ".join(facts.domains)})
    else:
        text = _(
            "An account that was here before is taken over by its user name or e-mail address, whatever its domain."
        )
        yield Sentence(("linking",), text, is_gap=True)
    text = _("An account with a password, staff or superuser status is never taken over by its name.")
    yield Sentence(("linking",), text)


def _visibility(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.visibility == Connection.Visibility.LINKED:
        text = _("The directory sees the accounts that it pushed, and those that logins made.")
    else:
        text = _("The directory sees only the accounts that it pushed.")
    yield Sentence(("visibility",), text)


def _pushed_groups(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.group_prefix:
        text = _("The names of pushed groups begin with “%(prefix)s” here.")
        yield Sentence(("group_prefix",), text % {"prefix": connection.group_prefix})
    else:
        yield Sentence(("group_prefix",), _("Pushed groups keep their names here."))


def _removal(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    if facts.has_token:
        text = _("When the directory deactivates a person, access ends before its request is answered.")
        yield Sentence((), text)
        return
    suspends = connection.stale_after_days and connection.stale_action == _ACTION.SUSPEND
    if suspends:
        text = _("No directory tells when a person leaves; the account is closed by silence alone.")
        yield Sentence(_STALE[:2], text)
    elif connection.session_max_age_seconds or connection.signing_keys_url:
        text = _(
            "No directory tells when a person leaves: sessions end, but the account stays until somebody closes it."
        )
        yield Sentence(_STALE[:2], text, is_gap=True)
    else:
        text = _("Removal path: none. Nobody tells when a person leaves, and nothing ends the access.")
        yield Sentence(_STALE[:2], text, is_gap=True)


def _delete(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.delete_mode == Connection.DeleteMode.ERASE:
        text = _(
            "When the directory deletes a person, access ends and the Django user is deleted, unless another "
            "connection vouches for the person or something has still to be revoked."
        )
    else:
        text = _("When the directory deletes a person, access ends and the Django user stays, inactive.")
    yield Sentence(("delete_mode",), text)


def _group_rule(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    name = {"group": connection.required_group}
    if not connection.required_group:
        yield Sentence(("required_group",), _("No group decides about access."))
    elif facts.has_token:
        text = _(
            "Who is taken out of the group “%(group)s” loses access, and gets it back when put in again."
        )
        yield Sentence(("required_group",), text % name)
        text = _("Who never was in the group “%(group)s” is let alone.")
        yield Sentence(("required_group",), text % name)
    else:
        text = _("The group “%(group)s” decides about nothing: no directory pushes here.")
        yield Sentence(("required_group",), text % name, is_gap=True)


def _stale(connection: Connection, facts: Facts) -> Iterator[Sentence]:
    days = connection.stale_after_days
    if not days:
        yield Sentence(_STALE, _("An account that nobody uses lives on: no number of days makes it stale."))
        return
    if connection.stale_action == _ACTION.SUSPEND:
        text = ngettext(
            "An account unused for %(days)d day is suspended by provisioning_run; the next login lifts that.",
            "An account unused for %(days)d days is suspended by provisioning_run; the next login lifts that.",
            days,
        )
    else:
        text = ngettext(
            "An account unused for %(days)d day is listed as stale by provisioning_run, and lives on.",
            "An account unused for %(days)d days is listed as stale by provisioning_run, and lives on.",
            days,
        )
    yield Sentence(_STALE, text % {"days": days})
    lead = min(connection.stale_warning_days, days)
    if connection.stale_action != _ACTION.REPORT and lead:
        text = ngettext(
            "An event tells of it %(days)d day before.", "An event tells of it %(days)d days before.", lead
        )
        yield Sentence(_STALE, text % {"days": lead})
    if connection.stale_action == _ACTION.SUSPEND and facts.has_token:
        text = _(
            "Accounts that SCIM manages are only listed: silence does not end what a directory vouches for."
        )
        yield Sentence(_STALE, text)


def _mass_leave(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if not connection.mass_leave_percent or not connection.mass_leave_minutes:
        yield Sentence(_ALARM, _("No alarm is raised when many people leave at once."), is_gap=True)
        if connection.mass_leave_halts:
            text = _("Writes are never halted, because the alarm that would halt them is off.")
            yield Sentence(_ALARM, text, is_gap=True)
        return
    if connection.mass_leave_halts:
        text = _(
            "When %(percent)d %% of the people, and at least %(least)d, leave within %(minutes)d minutes, an alarm "
            "event is written and the directory’s writes are halted until somebody releases the connection."
        )
    else:
        text = _(
            "When %(percent)d %% of the people, and at least %(least)d, leave within %(minutes)d minutes, an alarm "
            "event is written and the writes go on."
        )
    numbers = {
        "percent": connection.mass_leave_percent,
        "least": SMALLEST_ALARM,
        "minutes": connection.mass_leave_minutes,
    }
    yield Sentence(_ALARM, text % numbers)


def _protection(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.manages_privileged:
        text = _("This identity provider can change and lock out staff, superusers and break-glass accounts.")
    else:
        text = _(
            "Staff, superusers and break-glass accounts are out of its reach: it neither changes nor locks them out."
        )
    yield Sentence(("manages_privileged",), text, is_gap=connection.manages_privileged)


def _protocol(connection: Connection, _facts: Facts) -> Iterator[Sentence]:
    if connection.strict:
        text = _(
            "Requests that the RFC does not allow are refused, also those that well-known products send."
        )
    else:
        text = _("Deviations from the RFC that well-known products are known for are understood.")
    yield Sentence(("strict",), text)
    if connection.idp == "generic":
        yield Sentence(("idp",), _("No product is named, so none of its own deviations is looked for."))
    else:
        text = _("Requests are read as those of %(product)s.")
        yield Sentence(("idp",), text % {"product": connection.idp})


DIRECTORY: Mapping[str, Sequence[Words]] = {
    "state": (_state, _responsible),
    "joining": (_linking,),
    "moving": (_visibility, _pushed_groups),
    "leaving": (_removal, _delete, _group_rule, _stale, _mass_leave),
    "limits": (_protection, _protocol),
}
