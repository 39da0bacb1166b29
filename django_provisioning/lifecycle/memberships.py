"""Group membership by deltas: set SQL in batches, never by loading the members (RFC 7644 §3.5.2).

Only people of the connection are ever added or removed. Someone whom an administrator put into the Django group by
hand is invisible to the IdP and stays. The caller has locked the group link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import F, Model, OuterRef, QuerySet, Subquery
from django.db.models.signals import m2m_changed

from ..conf import settings
from ..mapping.reach import unprotected
from ..models import Connection, GroupLink, GroupNesting, Identity, MemberLabel
from ..models.membership import group_model, membership_table
from .context import Context
from .transactions import database

_BATCH = 1000
_NO_LABELS: Mapping[str, str] = {}


@dataclass(slots=True)
class Delta:
    """What changed: SCIM ids added and removed, and ``labelled``, whose display is another one than before.

    ``unknown`` are ids that this connection does not have.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    labelled: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.labelled)

    def merge(self, other: Delta) -> None:
        """Take over what a later operation did."""
        self.added += other.added
        self.removed += other.removed
        self.unknown += other.unknown
        self.labelled += other.labelled


@dataclass(frozen=True, slots=True)
class _Person:
    scim_id: str
    identity: int
    user_name: str
    label: str | None


@dataclass(frozen=True, slots=True)
class _Resolved:
    people: dict[Any, _Person]  # by user pk
    groups: dict[int, str]  # group link pk to SCIM id
    unknown: list[str]


def add(link: GroupLink, scim_ids: Sequence[str], labels: Mapping[str, str] = _NO_LABELS) -> Delta:
    """Add members; present ones change nothing, unknown ones are left out [3 queries a batch, 1-3 more if nested].

    ``labels`` is what the IdP calls some of them, by their ids [1-2 more where that is not their userName].
    """
    delta = Delta()
    for batch in _batches(dict.fromkeys(scim_ids)):
        found = _resolve(link, batch)
        present = _present(link, found.people)
        missing = {user: person for user, person in found.people.items() if user not in present}
        _insert(link, missing)
        _label(link, missing.values(), labels)
        delta.added += (person.scim_id for person in missing.values())
        delta.added += _nest(link, found.groups)
        delta.unknown += found.unknown
    return delta


def remove(link: GroupLink, scim_ids: Sequence[str]) -> Delta:
    """Remove members; someone who is none is no error [3 queries a batch, 1-2 more if nested]."""
    delta = Delta()
    for batch in _batches(dict.fromkeys(scim_ids)):
        found = _resolve(link, batch)
        present = _present(link, found.people)
        _delete(link, present)
        delta.removed += (found.people[user].scim_id for user in present)
        delta.removed += _unnest(link, found.groups)
    return delta


def replace(link: GroupLink, scim_ids: Sequence[str], labels: Mapping[str, str] = _NO_LABELS) -> Delta:
    """Make the members exactly these, called as ``labels`` says: the difference is written, nothing else."""
    delta = Delta()
    wanted: dict[Any, _Person] = {}
    nested: dict[int, str] = {}
    for batch in _batches(dict.fromkeys(scim_ids)):
        found = _resolve(link, batch)
        wanted |= found.people
        nested |= found.groups
        delta.unknown += found.unknown
    current = current_members(link)
    for users in _batches(user for user in current if user not in wanted):
        _delete(link, users)
        delta.removed += (current[user] for user in users)
    for users in _batches(user for user in wanted if user not in current):
        _insert(link, users)
        delta.added += (wanted[user].scim_id for user in users)
    delta.labelled += _label(link, wanted.values(), labels)
    _replace_nested(link, nested, delta)
    return delta


def remove_where(link: GroupLink, condition: Any) -> Delta:
    """Remove the members whose identity satisfies a ``Q`` over identities."""
    matching = _people(link).filter(condition, user__in=_rows(link).values(membership_table().user))
    return remove(link, list(matching.values_list("scim_id", flat=True)))


def current_members(link: GroupLink) -> dict[Any, str]:
    """Give user primary key and SCIM id of every member that the connection knows [1 query]."""
    members = _rows(link).values(membership_table().user)
    return dict(_people(link).filter(user__in=members).values_list("user_id", "scim_id"))


def groups_of(user: Any, connection: Connection) -> dict[Any, str]:
    """Give group primary key and display name of the connection's groups that the person is in [1 query]."""
    table = membership_table()
    mine = table.rows.filter(**{table.user: user}).values(table.group)
    links = GroupLink.objects.of(connection).filter(group__in=mine)
    return dict(links.values_list("group_id", "display_name"))


def put_into(user: Any, groups: Iterable[Any]) -> None:
    """Put a person into groups, by their primary keys [0-1 query]."""
    table = membership_table()
    wanted = list(groups)
    if wanted:
        rows = [table.through(**{table.user_id: user.pk, table.group_id: group}) for group in wanted]
        with _Announced("add", user, wanted):
            table.through._base_manager.bulk_create(rows, ignore_conflicts=True)


def take_out_of(user: Any, groups: Iterable[Any]) -> None:
    """Take a person out of groups, by their primary keys [0-1 query]."""
    table = membership_table()
    wanted = list(groups)
    if wanted:
        with _Announced("remove", user, wanted):
            table.rows.filter(**{table.user: user, f"{table.group}__in": wanted}).delete()


def touch(context: Context, groups: Iterable[Any]) -> None:
    """Give the links of these groups a new version, because their members are not what they were [1 query]."""
    links = GroupLink.objects.filter(group__in=list(groups))
    links.update(revision=F("revision") + 1, updated_at=context.now)


def withdraw(context: Context, user: Any, connection: Connection | None) -> list[str]:
    """Take a person out of every group that the connection (None: any connection) owns or gives to new accounts.

    Gives the names of the groups, for the event. [1-4 queries; 1 more for any connection]
    """
    table = membership_table()
    mine = table.rows.filter(**{table.user: user}).values(table.group)
    links = GroupLink.objects.filter(group__in=mine)
    if connection is not None:
        links = links.of(connection)
    owned = {link.group_id: link.display_name for link in links.order_by("pk")}
    given = _given_at_login(user, connection, mine)
    if not owned and not given:
        return []
    take_out_of(user, owned | given)
    touch(context, owned)
    return sorted((given | owned).values())


def _given_at_login(user: Any, connection: Connection | None, mine: QuerySet[Any]) -> dict[Any, str]:
    """Name the groups of a person that stand among the default groups of the connection, or of any of the person's."""
    if connection is not None:
        names = set(connection.default_groups)
    else:
        known = Connection.objects.filter(identities__user=user).values_list("default_groups", flat=True)
        names = {name for defaults in known for name in defaults}
    if not names:
        return {}
    field = settings.GROUP_NAME_FIELD
    found = group_model()._base_manager.filter(**{f"{field}__in": names}, pk__in=mine)
    return dict(found.values_list("pk", field))


def _resolve(link: GroupLink, scim_ids: Sequence[str]) -> _Resolved:
    label = MemberLabel.objects.filter(link=link, identity=OuterRef("pk")).values("display")
    rows = _people(link).filter(scim_id__in=scim_ids).annotate(label=Subquery(label))
    columns = ("user_id", "scim_id", "pk", "user_name", "label")
    people = {user: _Person(*facts) for user, *facts in rows.values_list(*columns)}
    rest = set(scim_ids) - {person.scim_id for person in people.values()}
    groups: dict[int, str] = {}
    if rest:
        others = GroupLink.objects.of(link.connection).exclude(pk=link.pk)
        groups = dict(others.filter(scim_id__in=rest).values_list("pk", "scim_id"))
    known = set(groups.values())
    return _Resolved(
        people, groups, [scim_id for scim_id in scim_ids if scim_id in rest and scim_id not in known]
    )


def _people(link: GroupLink) -> Any:
    """Give the people whom the connection may put into groups and take out of them."""
    return unprotected(Identity.objects.of(link.connection), link.connection)


def _rows(link: GroupLink) -> Any:
    table = membership_table()
    return table.rows.filter(**{table.group: link.group_id})


def _present(link: GroupLink, users: Iterable[Any]) -> list[Any]:
    table = membership_table()
    if not (wanted := list(users)):
        return []
    return list(_rows(link).filter(**{f"{table.user}__in": wanted}).values_list(table.user_id, flat=True))


def _insert(link: GroupLink, users: Iterable[Any]) -> None:
    table = membership_table()
    wanted = list(users)
    if not wanted:
        return
    rows = [table.through(**{table.user_id: user, table.group_id: link.group_id}) for user in wanted]
    with _Announced("add", link.group_id, wanted, reverse=True):
        table.through._base_manager.bulk_create(rows, ignore_conflicts=True)


def _label(link: GroupLink, people: Iterable[_Person], labels: Mapping[str, str]) -> list[str]:
    """Let each person be called what the IdP calls them; a userName needs no row [0-2 queries]."""
    wanted = {person: labels.get(person.scim_id, person.user_name) for person in people}
    changed = {
        person: label for person, label in wanted.items() if label != (person.label or person.user_name)
    }
    gone = [person.identity for person, label in changed.items() if label == person.user_name]
    for batch in _batches(gone):
        link.member_labels.filter(identity__in=batch).delete()
    rows = [
        MemberLabel(link=link, identity_id=person.identity, display=label)
        for person, label in changed.items()
        if label != person.user_name
    ]
    features = connections[database()].features
    MemberLabel.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        update_fields=["display"],
        unique_fields=["link", "identity"] if features.supports_update_conflicts_with_target else None,
    )
    return [person.scim_id for person in changed]


def _delete(link: GroupLink, users: Sequence[Any]) -> None:
    table = membership_table()
    if users:
        with _Announced("remove", link.group_id, users, reverse=True):
            _rows(link).filter(**{f"{table.user}__in": list(users)}).delete()


def _nest(link: GroupLink, groups: dict[int, str]) -> list[str]:
    if not groups:
        return []
    present = set(link.nested.filter(child__in=groups).values_list("child_id", flat=True))
    missing = {pk: scim_id for pk, scim_id in groups.items() if pk not in present}
    GroupNesting.objects.bulk_create(
        [GroupNesting(parent=link, child_id=pk) for pk in missing], ignore_conflicts=True
    )
    return list(missing.values())


def _unnest(link: GroupLink, groups: dict[int, str]) -> list[str]:
    if not groups:
        return []
    present = list(link.nested.filter(child__in=groups).values_list("child_id", flat=True))
    link.nested.filter(child__in=present).delete()
    return [groups[pk] for pk in present]


def _replace_nested(link: GroupLink, wanted: dict[int, str], delta: Delta) -> None:
    current = dict(link.nested.values_list("child_id", "child__scim_id"))
    delta.removed += _unnest(link, {pk: scim_id for pk, scim_id in current.items() if pk not in wanted})
    delta.added += _nest(link, {pk: scim_id for pk, scim_id in wanted.items() if pk not in current})


class _Announced:
    """Sends Django's ``m2m_changed`` around a set statement, as the manager methods would, where anybody listens."""

    def __init__(self, action: str, owner: Any, keys: Sequence[Any], *, reverse: bool = False) -> None:
        self.action = action
        self.owner = owner
        self.keys = set(keys)
        self.reverse = reverse

    def __enter__(self) -> None:
        self._send(f"pre_{self.action}")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._send(f"post_{self.action}")

    def _send(self, action: str) -> None:
        through = membership_table().through
        if not m2m_changed.has_listeners(through):
            return
        model: type[Model] = get_user_model() if self.reverse else group_model()
        instance = group_model()._base_manager.get(pk=self.owner) if self.reverse else self.owner
        m2m_changed.send(
            sender=through, action=action, instance=instance, reverse=self.reverse, model=model, pk_set=self.keys,
            using=instance._state.db,
        )  # fmt: skip


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
