"""/Groups: groups that the connection owns (RFC 7643 §4.2). Members are changed as deltas, never loaded for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from ...conf import settings
from ...exceptions import UnknownResource
from ...lifecycle import groups as lifecycle
from ...lifecycle import memberships
from ...mapping import groups
from ...mapping.filters import group_filter, member_filter
from ...mapping.locations import location
from ...mapping.ordering import GROUP_SORT_COLUMNS
from ...mapping.resource_types import group_type
from ...models import Connection, GroupLink, GroupNesting, MemberLabel
from ...models.fields import KeyTextField
from ...models.membership import membership_table
from ...protocol.errors import PayloadTooLarge
from ...protocol.filters import Filter
from ...protocol.membership import listed
from ...protocol.patch import MemberChange, PatchRequest, apply, parse_patch, split_members
from ...protocol.schema import ResourceType
from ...protocol.validation import read_resource
from ..call import Answer, Call, patch_limits, value_limits
from .base import ResourceHandler, is_unchanged, require_precondition, require_same_id

# Named so that no custom membership table has a field of the name.
_MEMBER_COLUMNS = ("member_link", "member_id_text", "member_display", "member_kind")


class GroupHandler(ResourceHandler):
    """Serves the connection's group links as Group resources."""

    scope = "scim:groups"
    owner = "group_link"
    sort_columns = GROUP_SORT_COLUMNS

    @property
    def resource_type(self) -> ResourceType:
        """The Group type with the project's extensions."""
        return group_type()

    def create(self, call: Call, payload: Any) -> Answer:
        """Make a group with its members."""
        changes, wanted, ignored = self._read(call, payload)

        def work() -> GroupLink:
            link = lifecycle.create(call.context, changes, ignored=ignored)
            if wanted.values:
                added = memberships.add(link, wanted.values, wanted.labels)
                lifecycle.update(call.context, link, changes, added)
            self.written(call, link)
            return link

        link = self.write(call, work, changes.display_name)
        answer = self._answer(call, link, status=201)
        answer.headers["Location"] = location(call.base_url, "Groups", link.scim_id)
        return answer

    def read(self, call: Call, scim_id: str) -> Answer:
        """Give one group [1 query, 2 with members, and the token's]."""
        projection = call.projection(self.resource_type)
        row = self.queryset(call).filter(scim_id=scim_id).values(*self.columns()).first()
        if row is None:
            raise UnknownResource("The resource is not known to this connection.")
        row = self.prepared(call, [row])[0]
        document = groups.document_of(row, None, call.base_url)
        headers = {"ETag": document["meta"]["version"]}
        if is_unchanged(call, headers["ETag"]):
            return Answer(304, None, headers)
        if projection.wants("members"):
            members = self._members(call, [row]).get(row["id"], [])
            document = groups.document_of(row, members, call.base_url)
        return Answer(200, projection.project(document), headers)

    def replace(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Replace the group and its members; the difference is written, nothing else."""
        changes, wanted, ignored = self._read(call, payload)

        def work() -> GroupLink:
            link = self._locked(call, scim_id)
            delta = memberships.replace(link, wanted.values, wanted.labels)
            lifecycle.update(call.context, link, changes, delta, ignored=ignored)
            self.written(call, link)
            return link

        return self._answer(call, self.write(call, work, scim_id))

    def patch(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Apply operations; member operations become one delta in their order [≤ 8 queries with the token's]."""
        call.projection(self.resource_type)
        body = call.quirks.on_patch(payload)
        whole = parse_patch(body, self.type_for(body), call.tolerance, patch_limits())
        request, member_changes = split_members(whole)
        _require_few_members([value for change in member_changes for value in change.values])

        def work() -> GroupLink:
            link = self._locked(call, scim_id)
            require_same_id(request.asserted.get("id"), scim_id)
            self._apply(call, link, request, member_changes)
            self.written(call, link)
            return link

        return self._patched(call, self.write(call, work, scim_id))

    def _apply(
        self, call: Call, link: GroupLink, request: PatchRequest, member_changes: Sequence[MemberChange]
    ) -> None:
        """Apply checked operations to a locked group: its members as one delta, the rest on the document."""
        document = groups.document_of(self.row_of(call, link), None, call.base_url)
        patched = apply(document, request, self.resource_type, call.tolerance, value_limits())
        delta = memberships.Delta()
        for change in member_changes:
            delta.merge(_change_members(link, change))
        changes = groups.changes_of(patched.document)
        lifecycle.update(call.context, link, changes, delta, ignored=patched.ignored)

    def delete(self, call: Call, scim_id: str) -> Answer:
        """Delete the group; its members lose it."""

        def work() -> Answer:
            lifecycle.delete(call.context, self._locked(call, scim_id))
            return Answer(204)

        return self.write(call, work, scim_id)

    def queryset(self, call: Call) -> QuerySet[Any]:
        """Give the groups that the connection owns."""
        return GroupLink.objects.of(call.connection)

    def condition(self, call: Call, node: Filter) -> Q:
        """Compile a filter over group links."""
        return group_filter(node, call.connection, self.resource_type)

    def columns(self) -> tuple[str, ...]:
        """Name the columns of a group's row."""
        return groups.ROW_COLUMNS

    def documents(self, call: Call, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write rows as documents [1 query for the members of all, none when they are not wanted]."""
        projection = call.projection(self.resource_type)
        members: dict[int, list[groups.MemberRef]] | None = None
        if rows and projection.wants("members"):
            members = self._members(call, rows)
        return [
            projection.project(
                groups.document_of(
                    row, None if members is None else members.get(row["id"], []), call.base_url
                )
            )
            for row in self.prepared(call, rows)
        ]

    def type_for(self, payload: Any) -> ResourceType:
        """Give the resource type that a body is read by."""
        return self.resource_type

    def written(self, call: Call, link: GroupLink) -> None:
        """Follow a write in its transaction: here a handler of the project saves what it keeps of a group."""

    def row_of(self, call: Call, link: GroupLink) -> dict[str, Any]:
        """Give the row of a loaded group link."""
        return self.prepared(call, [groups.row_of(link)])[0]

    def _read(self, call: Call, payload: Any) -> tuple[groups.GroupChanges, MemberChange, tuple[str, ...]]:
        """Read a POST or PUT body: the group, its members, and what was left out."""
        call.projection(self.resource_type)
        body = call.quirks.on_resource(payload)
        read = read_resource(body, self.type_for(body), call.tolerance, value_limits())
        members = [member for member in read.document.pop("members", ()) if member.get("value")]
        wanted = listed("replace", members)
        _require_few_members(wanted.values)
        return groups.changes_of(read.document), wanted, read.ignored

    def _locked(self, call: Call, scim_id: str) -> GroupLink:
        link = lifecycle.locked(call.context, scim_id)
        require_precondition(call, self._version(call, link))
        return link

    def _answer(self, call: Call, link: GroupLink, *, status: int = 200) -> Answer:
        """Answer with the group, its members where they are wanted [0-1 query]."""
        projection = call.projection(self.resource_type)
        row = self.row_of(call, link)
        members = self._members(call, [row]).get(link.pk, []) if projection.wants("members") else None
        document = groups.document_of(row, members, call.base_url)
        return Answer(status, projection.project(document), {"ETag": document["meta"]["version"]})

    def _patched(self, call: Call, link: GroupLink) -> Answer:
        """Answer a PATCH: with the group if it is small or attributes were asked for, else 204.

        One limited query tells, so the cost does not grow with the group.
        """
        if call.selects:
            return self._answer(call, link)
        limit = settings.MAX_GROUP_MEMBERS_RETURNED
        row = self.row_of(call, link)
        members = self._members(call, [row], limit=limit + 1).get(link.pk, [])
        if len(members) > limit:
            return Answer(204, None, {"ETag": self._version(call, link)})
        document = groups.document_of(row, members, call.base_url)
        return Answer(200, document, {"ETag": document["meta"]["version"]})

    def _version(self, call: Call, link: GroupLink) -> str:
        document = groups.document_of(self.row_of(call, link), None, call.base_url)
        return str(document["meta"]["version"])

    def _members(
        self, call: Call, rows: Sequence[dict[str, Any]], *, limit: int | None = None
    ) -> dict[int, list[groups.MemberRef]]:
        """Give the members of each group link, people and nested groups in one query."""
        people = _people(call.connection, [row["group_id"] for row in rows])
        nested = _nested([row["id"] for row in rows])
        found = people.union(nested, all=True)
        members: dict[int, list[groups.MemberRef]] = defaultdict(list)
        for link, scim_id, display, kind in found[:limit] if limit is not None else found:
            members[link].append(groups.MemberRef(scim_id, display, kind))
        return members


def _people(connection: Connection, group_pks: list[Any]) -> QuerySet[Any]:
    table = membership_table()
    identity = f"{table.user}__provisioning_identities__"
    visible: dict[str, Any] = {f"{identity}connection": connection, f"{identity}live": True}
    if connection.visibility == Connection.Visibility.MANAGED:
        visible[f"{identity}scim_managed"] = True
    rows = table.rows.filter(**{f"{table.group}__in": group_pks}, **visible)
    owners = {"link__group": OuterRef(table.group_id), "identity": OuterRef(f"{identity}pk")}
    label = MemberLabel.objects.filter(**owners).values("display")
    found: QuerySet[Any] = rows.annotate(
        member_link=F(f"{table.group}__provisioning_link__id"),
        member_id_text=F(f"{identity}scim_id"),
        member_display=Coalesce(Subquery(label), F(f"{identity}user_name"), output_field=KeyTextField()),
        member_kind=Value("User", output_field=CharField()),
    )
    return found.values_list(*_MEMBER_COLUMNS)


def _nested(link_pks: list[int]) -> QuerySet[Any]:
    return (
        GroupNesting.objects.filter(parent__in=link_pks)
        .order_by()
        .annotate(
            member_link=F("parent_id"),
            member_id_text=F("child__scim_id"),
            member_display=F("child__display_name"),
            member_kind=Value("Group", output_field=CharField()),
        )
        .values_list(*_MEMBER_COLUMNS)
    )


def _require_few_members(values: Sequence[str]) -> None:
    limit = settings.MAX_MEMBERS_PER_REQUEST
    if len(values) > limit:
        raise PayloadTooLarge(f"A request names at most {limit} members. Send them in several requests.")


def _change_members(link: GroupLink, change: MemberChange) -> memberships.Delta:
    match change.kind:
        case "add":
            return memberships.add(link, change.values, change.labels)
        case "remove":
            return memberships.remove(link, change.values)
        case "replace":
            return memberships.replace(link, change.values, change.labels)
        case "remove_all":
            return memberships.replace(link, ())
        case "remove_matching":
            condition = member_filter(change.filter) if change.filter is not None else Q()
            return memberships.remove_where(link, condition)
