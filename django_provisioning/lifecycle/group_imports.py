"""Import of groups: a connection owns the Django groups that an earlier SCIM server served, under their old ids.

Members need no import: they are rows of the membership table, and a member is whoever of them has an identity here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from ..exceptions import ValueRefused
from ..mapping.groups import GroupChanges
from ..models import Event, GroupLink, Identity
from ..models.membership import membership_table
from ..protocol.comparison import fold
from ..protocol.schema import ResourceType
from . import attribute_values, audit
from .context import Context
from .imports import Owners, Tally, in_one_transaction, issued, keys_of, stored_id
from .transactions import lock

_COLUMNS = ("display_name", "display_name_key", "external_id", "attributes")


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the earlier server knew it; ``made`` says that a directory wrote it, so that it goes with its link."""

    group: Any
    scim_id: str
    changes: GroupChanges
    made: bool


def import_groups(
    context: Context, groups: Sequence[Group], resource_type: ResourceType, *, shared: Collection[str] = ()
) -> Tally:
    """Take over a batch of groups in one transaction [at most 8 queries and those of bulk inserts].

    The tally counts every group once under imported, refreshed, unchanged, other_id or skipped, and its members under
    members and foreign_members: those who have an identity of this connection, and those who have none.
    """
    return in_one_transaction(lambda: _Batch(context, groups, resource_type, frozenset(shared)).run())


class _Batch:
    """One batch on its way."""

    def __init__(
        self, context: Context, groups: Sequence[Group], resource_type: ResourceType, shared: frozenset[str]
    ) -> None:
        self.context = context
        self.groups = groups
        self.resource_type = resource_type
        self.shared = shared
        self.tally = Tally()
        self.new: list[GroupLink] = []
        self.changed: list[GroupLink] = []
        self.events: list[Event] = []

    def run(self) -> Tally:
        """Decide and write."""
        self._load()
        for found in self.groups:
            self._place(found)
        self._write()
        return self.tally

    def _load(self) -> None:
        keys = [found.group.pk for found in self.groups]
        present = lock(GroupLink.objects.filter(group__in=keys).order_by("pk"), "self")
        self.known: dict[Any, GroupLink] = {link.group_id: link for link in present}
        links = GroupLink.objects.of(self.context.required_connection)
        ids = [found.scim_id for found in self.groups if found.scim_id]
        names = [fold(found.changes.display_name) for found in self.groups]
        external_ids = [found.changes.external_id for found in self.groups if found.changes.external_id]
        self.owners = Owners(
            keys_of(links.filter(scim_id__in=ids).values_list("scim_id", "group_id")),
            keys_of(links.filter(display_name_key__in=names).values_list("display_name_key", "group_id")),
            keys_of(links.filter(external_id__in=external_ids).values_list("external_id", "group_id")),
        )

    def _place(self, found: Group) -> None:
        known = self.known.get(found.group.pk)
        if known is not None:
            self._again(found, known)
            return
        try:
            scim_id = stored_id(found.scim_id)
        except ValueRefused as error:
            self.tally.find("skipped", found.changes.display_name, error.detail)
            return
        refusal = self.owners.refusal(found.group.pk, scim_id, found.changes.display_name)
        if refusal:
            self.tally.find("skipped", found.changes.display_name, refusal)
            return
        columns = self._columns(found)
        self.owners.take(found.group.pk, scim_id, columns["display_name"], columns["external_id"])
        self.new.append(
            GroupLink(
                connection=self.context.required_connection,
                group=found.group,
                scim_id=scim_id,
                made_group=found.made,
                created_at=self.context.now,
                updated_at=self.context.now,
                **columns,
            )
        )
        self.tally.counts["imported"] += 1
        if found.scim_id:
            self.tally.counts["kept"] += 1
        else:
            self.tally.find("reissued", found.changes.display_name, issued(scim_id))

    def _again(self, found: Group, known: GroupLink) -> None:
        """Meet a group that is known: bring an import up to date that nobody has written to since."""
        name = found.changes.display_name
        if known.connection_id != self.context.required_connection.pk:
            self.tally.find(
                "skipped", name, "Another connection owns this group. A Django group has one owner."
            )
            return
        if found.scim_id and found.scim_id != known.scim_id:
            detail = f"Known under {known.scim_id!r}; the earlier server says {found.scim_id!r}."
            self.tally.find("other_id", name, detail)
            return
        before = {column: getattr(known, column) for column in _COLUMNS}
        columns = self._columns(found) if found.scim_id and known.revision == 1 else before
        if columns == before or self.owners.names.get(fold(name), known.group_id) != known.group_id:
            self.tally.counts["unchanged"] += 1
            return
        for column, value in {**columns, "updated_at": self.context.now}.items():
            setattr(known, column, value)
        self.changed.append(known)
        self.tally.counts["refreshed"] += 1

    def _columns(self, found: Group) -> dict[str, Any]:
        changes = found.changes
        return {
            "display_name": changes.display_name,
            "display_name_key": fold(changes.display_name),
            "external_id": self.owners.free_external_id(
                self.tally, found.group.pk, changes.display_name, changes.external_id,
                changes.external_id in self.shared,
            ),
            "attributes": changes.attributes,
        }  # fmt: skip

    def _write(self) -> None:
        GroupLink.objects.bulk_create(self.new)
        if self.changed:
            attribute_values.forget(self.changed)
            GroupLink.objects.bulk_update(self.changed, [*_COLUMNS, "updated_at"])
        written = [*self.new, *self.changed]
        attribute_values.store_new(written, self.resource_type)
        members = self._members(written)
        self.tally.counts["members"] += sum(inside for inside, _ in members.values())
        self.tally.counts["foreign_members"] += sum(outside for _, outside in members.values())
        for link in written:
            inside, outside = members.get(link.group_id, (0, 0))
            self.events.append(
                audit.described(
                    self.context,
                    "group.imported",
                    audit.Subject.group(link),
                    changes=audit.difference(
                        {}, {"displayName": link.display_name, "externalId": link.external_id}
                    ),
                    effects={"members": inside, "foreign_members": outside},
                )
            )
        audit.record_many(self.events)

    def _members(self, links: Sequence[GroupLink]) -> Mapping[Any, tuple[int, int]]:
        """Count the members of each group who are this connection's people, and those who are not [2 queries]."""
        table = membership_table()
        rows = table.rows.filter(**{f"{table.group}__in": [link.group_id for link in links]})
        people = Identity.objects.of(self.context.required_connection).values("user")
        every = _counted(rows, table.group_id)
        ours = _counted(rows.filter(**{f"{table.user}__in": people}), table.group_id)
        return {group: (ours.get(group, 0), number - ours.get(group, 0)) for group, number in every.items()}


def _counted(rows: Any, column: str) -> dict[Any, int]:
    return dict(rows.values(column).annotate(number=Count("pk")).values_list(column, "number"))
