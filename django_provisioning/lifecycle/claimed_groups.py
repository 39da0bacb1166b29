"""Groups and privileges that a login's claims grant: only groups that the connection owns, only by explicit rules."""

from __future__ import annotations

from typing import Any

from ..conf import settings
from ..mapping.claims import LoginClaims
from ..models import Connection, Event, GroupLink, Identity
from ..models.membership import group_model
from ..protocol.comparison import fold
from . import audit, explain, memberships
from .context import Context
from .transactions import update_fields

_FLAGS = {"staff": "is_staff", "superuser": "is_superuser"}


def apply(context: Context, identity: Identity, claims: LoginClaims) -> None:
    """Bring the person's membership in the connection's groups to what the claims say [0-4 queries].

    A login that says nothing of groups changes none. Names that the connection owns no group of are noted.
    """
    connection = context.required_connection
    if connection.group_sync == Connection.GroupSync.OFF or not claims.asserts_groups:
        spoken = "are ignored by policy" if claims.asserts_groups else "are not asserted"
        explain.note("groups", f"Group claims {spoken}: no group changes.", policy=connection.group_sync)
        return
    explain.note("groups", "Group claims are taken for groups that the connection owns.",
                 policy=connection.group_sync, asserted=claims.groups)  # fmt: skip
    wanted = {fold(name): name for name in claims.groups}
    owned = GroupLink.objects.of(connection)
    named = {link.group_id: link for link in owned.filter(display_name_key__in=wanted)}
    present = memberships.groups_of(identity.user, connection)
    extra = (
        set(present) - set(named) if connection.group_sync == Connection.GroupSync.AUTHORITATIVE else set()
    )
    missing = set(named) - set(present)
    if not missing and not extra:
        return
    memberships.put_into(identity.user, missing)
    memberships.take_out_of(identity.user, extra)
    memberships.touch(context, missing | extra)
    known = {link.display_name_key for link in named.values()}
    _record(
        context,
        identity,
        added=sorted(named[group].display_name for group in missing),
        removed=sorted(present[group] for group in extra),
        unknown=sorted(name for key, name in wanted.items() if key not in known),
    )


def give_defaults(context: Context, identity: Identity) -> None:
    """Put a new account into the connection's default groups, by their Django names [0-2 queries]."""
    names = context.required_connection.default_groups
    if not names:
        return
    field = settings.GROUP_NAME_FIELD
    found = dict(group_model()._base_manager.filter(**{f"{field}__in": names}).values_list("pk", field))
    memberships.put_into(identity.user, set(found))
    missing = sorted(set(names) - set(found.values()))
    _record(context, identity, added=sorted(found.values()), removed=[], unknown=missing)


def apply_privileges(context: Context, identity: Identity, claims: LoginClaims) -> None:
    """Set staff and superuser as the connection's explicit rules say, if it manages privileged accounts [0-2 queries].

    ``privilege_rules`` maps a group name in the claims to "staff" or "superuser". A flag that no rule speaks of is
    never touched; one that a rule speaks of follows the claims, in both directions.
    """
    connection = context.required_connection
    if not connection.manages_privileged or not connection.privilege_rules or not claims.asserts_groups:
        return
    claimed = set(claims.groups)
    user: Any = identity.user
    granted = {_FLAGS[grant]: False for grant in connection.privilege_rules.values() if grant in _FLAGS}
    for group, grant in connection.privilege_rules.items():
        if group in claimed and grant in _FLAGS:
            granted[_FLAGS[grant]] = True
    changed = {flag: value for flag, value in granted.items() if getattr(user, flag, value) != value}
    if not changed:
        return
    changes = audit.difference({flag: getattr(user, flag) for flag in changed}, changed)
    update_fields(user, **changed)
    type_ = "privilege.granted" if any(changed.values()) else "privilege.removed"
    audit.record(context, type_, audit.Subject.user(user, identity.scim_id), changes=changes)


def _record(
    context: Context, identity: Identity, *, added: list[str], removed: list[str], unknown: list[str]
) -> Event:
    changes = {"groups": {"old": removed or None, "new": added or None}}
    subject = audit.Subject.user(identity.user, identity.scim_id)
    return audit.record(
        context, "account.groups_changed", subject, changes=changes, effects={"unknown": unknown}
    )
