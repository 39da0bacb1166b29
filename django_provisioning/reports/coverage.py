"""Lifecycle coverage: who does each of the six stages of an account's life, and when that was last seen to work.

A stage counts when something does it, somebody answers for it, and it was seen within ``CADENCE``. What people have
to do by hand counts half where the connection names who does it, and nothing where it names nobody. The score is
never the whole story: the page shows the missing stage beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..mapping.claims import login_paths, sync_rule
from ..models import Connection
from .connections import has_login

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise

CADENCE = timedelta(days=90)

MECHANISMS: Mapping[str, Text] = {
    "scim": _("SCIM"),
    "jit": _("SSO login"),
    "back_channel": _("Logout from the IdP"),
    "policy": _("Scheduled policy"),
    "manual": _("By hand"),
    "none": _("Nothing"),
}
_OWNERS: Mapping[str, Text] = {
    "scim": _("the directory of %(connection)s"),
    "jit": _("%(connection)s, at the next login"),
    "back_channel": _("%(connection)s, at a logout there"),
    "policy": _("this application"),
    "manual": "%(responsible)s",
    "none": _("nobody answers for it"),
}
_LEAVES = ("account.deactivated", "account.suspended", "account.deleted", "account.erased")
PROOFS: Mapping[str, Sequence[str]] = {
    "create": ("account.created", "account.adopted", "account.linked", "account.imported"),
    "update": ("account.updated",),
    "deactivate": _LEAVES,
    "revoke": (*_LEAVES, "session.revoked"),
    "groups": ("group.members_changed", "account.groups_changed", *_LEAVES),
    "review": (),
}
STAGES: Mapping[str, Text] = {
    "create": _("Create"),
    "update": _("Update"),
    "deactivate": _("Deactivate"),
    "revoke": _("End sessions and tokens"),
    "groups": _("Remove from groups"),
    "review": _("Review access"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One cell of the matrix. ``worth`` is 1, a half or 0; ``missing`` says why it is less than 1.

    ``owner`` names who answers for it, in words also where that is nobody.
    """

    name: str
    mechanism: str
    owner: str
    proof: datetime | None
    worth: float
    missing: Text

    @property
    def label(self) -> Text:
        """Name the stage."""
        return STAGES[self.name]

    @property
    def mechanism_label(self) -> Text:
        """Name what does it."""
        return MECHANISMS[self.mechanism]


@dataclass(frozen=True, slots=True)
class Coverage:
    """The six stages of a connection."""

    stages: Sequence[Stage]

    @property
    def score(self) -> float:
        """How many of the six are covered, halves included."""
        return sum(stage.worth for stage in self.stages)

    @property
    def percent(self) -> int:
        """The score as a share of the six."""
        return round(100 * self.score / len(self.stages))

    @property
    def has_unnamed_work(self) -> bool:
        """Whether something is done by hand and nobody is named for it."""
        return any(stage.mechanism == "manual" and not stage.worth for stage in self.stages)

    @property
    def missing(self) -> list[Stage]:
        """The stages that are not fully covered."""
        return [stage for stage in self.stages if stage.worth < 1]


def coverage_of(
    connection: Connection,
    *,
    has_token: bool,
    latest: Mapping[str, datetime],
    selftest_at: datetime | None,
    now: datetime,
) -> Coverage:
    """Judge a connection by its policies and by what was seen; no query.

    ``latest`` is the time of the last successful event by its type, ``selftest_at`` of the last self-test passed.
    """
    chosen = _mechanisms(connection, has_token=has_token)
    stages = []
    for name in STAGES:
        seen = [latest[type_] for type_ in PROOFS[name] if type_ in latest]
        if name in {"deactivate", "revoke"} and selftest_at is not None and chosen[name] != "manual":
            seen.append(selftest_at)
        proof, owner = max(seen, default=None), _owner(connection, chosen[name])
        stages.append(Stage(name, chosen[name], owner, proof, *_judged(connection, chosen[name], proof, now)))
    return Coverage(stages)


def overall(coverages: Sequence[tuple[Coverage, int]]) -> int | None:
    """Give the share of all connections, each weighted by its active people; None where there are none."""
    people = sum(count for _coverage, count in coverages)
    if not people:
        return None
    return round(sum(coverage.percent * count for coverage, count in coverages) / people)


def _owner(connection: Connection, mechanism: str) -> str:
    if mechanism == "manual" and not connection.responsible:
        return gettext("nobody is named")
    return str(_OWNERS[mechanism]) % {"connection": connection.name, "responsible": connection.responsible}


def _judged(
    connection: Connection, mechanism: str, proof: datetime | None, now: datetime
) -> tuple[float, Text]:
    """Give what a stage is worth, and what it lacks."""
    if mechanism == "none":
        return 0.0, ""
    if mechanism == "manual":
        named = (0.5, _("people have to remember it"))
        return named if connection.responsible else (0.0, _("done by hand, so somebody has to be named"))
    if proof is None or now - proof > CADENCE:
        return 0.0, _("not seen to work in the last 90 days")
    return 1.0, ""


def _mechanisms(connection: Connection, *, has_token: bool) -> dict[str, str]:
    scim = connection.enabled and has_token
    login = connection.enabled and has_login(connection)
    ends = "scim" if scim else _leaver_policy(connection)
    return {
        "create": "scim" if scim else _creation(connection, login=login),
        "update": "scim" if scim else _update(connection, login=login),
        "deactivate": ends,
        "revoke": _revocation(connection, ends, login=login),
        "groups": "scim" if scim else _groups(connection, login=login),
        # Review campaigns are not part of this version: nothing is claimed that does not exist.
        "review": "none",
    }


def _creation(connection: Connection, *, login: bool) -> str:
    return "jit" if login and connection.jit == Connection.Jit.CREATE else "manual"


def _update(connection: Connection, *, login: bool) -> str:
    rules = {sync_rule(connection.attribute_sync, path) for path in login_paths()}
    return "jit" if login and rules != {"never"} else "manual"


def _leaver_policy(connection: Connection) -> str:
    suspends = connection.stale_action == Connection.StaleAction.SUSPEND
    return "policy" if connection.enabled and connection.stale_after_days and suspends else "manual"


def _revocation(connection: Connection, ends: str, *, login: bool) -> str:
    if ends == "scim":
        return ends
    if login and (connection.signing_keys_url or connection.revocation_issuer):
        return "back_channel"
    return ends


def _groups(connection: Connection, *, login: bool) -> str:
    return "jit" if login and connection.group_sync == Connection.GroupSync.AUTHORITATIVE else "manual"
