"""The group rule: who is taken out of the group that the connection requires leaves; who is put back returns.

It speaks of people whom the directory takes out or puts in. A person who never was in the group is let alone, because
directories push people before their groups, and a login's group claims are held by ``required_claims`` instead. Only
whom the rule made inactive it makes active again: ``Identity.outside_since`` remembers that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..models import GroupLink, Identity, Leave
from ..models.membership import membership_table
from ..protocol.comparison import fold
from . import leave, rejoin, valve
from .context import Context
from .memberships import Delta
from .transactions import lock, update_fields

_BATCH = 500
_REASON = "required_group"


def guards(link: GroupLink) -> bool:
    """Whether the group is the one that its connection requires."""
    required = link.connection.required_group
    return bool(required) and fold(required) == link.display_name_key


def follow(context: Context, link: GroupLink, delta: Delta) -> None:
    """End or give back the access of those whose membership the delta changed; the memberships are written already.

    [3 queries a batch of 500, and those of each leave and return]
    """
    context = replace(context, via=Leave.Path.GROUP_RULE)
    changed = list(dict.fromkeys([*delta.removed, *delta.added]))
    left = 0
    for start in range(0, len(changed), _BATCH):
        people = _locked(context, changed[start : start + _BATCH])
        inside = _inside(link, people)
        for identity in people:
            identity.connection = context.required_connection
            if identity.user_id in inside:
                _let_back_in(context, identity)
            elif identity.active:
                _put_out(context, identity)
                left += 1
    if left:
        valve.watch(context)


def rename(context: Context, display_name: str) -> None:
    """Let the rule follow a new name of its group: a rename takes nobody out [1 query]."""
    update_fields(context.required_connection, required_group=display_name)


def _put_out(context: Context, identity: Identity) -> None:
    update_fields(
        identity,
        active=False,
        outside_since=context.now,
        revision=identity.revision + 1,
        updated_at=context.now,
    )
    leave.end_identity(context, identity, reason=_REASON)


def _let_back_in(context: Context, identity: Identity) -> None:
    if identity.outside_since is None:
        return
    update_fields(
        identity, active=True, outside_since=None, revision=identity.revision + 1, updated_at=context.now
    )
    changes = {"active": {"old": False, "new": True}}
    rejoin.reactivate(context, identity, fields={}, changes=changes, effects={}, reason=_REASON)


def _locked(context: Context, scim_ids: Sequence[str]) -> list[Identity]:
    """Lock the people among the members that were named; nested groups are none."""
    known = Identity.objects.of(context.required_connection).select_related("user__provisioning_account")
    return list(lock(known, "self", "user").filter(scim_id__in=scim_ids).order_by("pk"))


def _inside(link: GroupLink, people: Iterable[Identity]) -> set[Any]:
    """Name the users among them who are members now, whatever the operations did in between."""
    table = membership_table()
    wanted = [identity.user_id for identity in people]
    rows = table.rows.filter(**{table.group: link.group_id, f"{table.user}__in": wanted})
    return set(rows.values_list(table.user_id, flat=True))
