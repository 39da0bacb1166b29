"""Users and groups through a project's django-scim2 adapters: our verbs, its ``to_dict`` and ``from_dict``.

Access, ids, memberships and events stay with ``lifecycle``. The adapter gets the whole document after each write, with
``active`` as ``lifecycle`` decided it, and saves whatever else it knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model

from ..conf import settings
from ..lifecycle import delegation, identities, memberships
from ..lifecycle import groups as lifecycle
from ..lifecycle.join import join
from ..lifecycle.leave import delete
from ..lifecycle.move import move
from ..lifecycle.outcome import Outcome
from ..mapping import groups, users
from ..mapping.fields import user_map
from ..mapping.resource_types import user_type
from ..models import GroupLink, Identity
from ..models.membership import group_model
from ..protocol.errors import InvalidSyntax
from ..protocol.patch import PatchRequest, split_members
from ..protocol.schema import ResourceType
from ..protocol.validation import ReadResult, read_resource
from ..scim.call import Answer, Call, value_limits
from ..scim.handlers.base import require_same_id
from ..scim.handlers.groups import GroupHandler
from ..scim.handlers.users import UserHandler
from . import shapes
from .mapping import AdapterMapping
from .operations import Step, read_steps
from .patching import Patching

_COLUMNS_OF_OURS = frozenset(
    {"schemas", "id", "meta", "groups", "userName", "externalId", "active", "password"}
)


@lru_cache(maxsize=1)
def _user_mapping() -> AdapterMapping:
    return AdapterMapping.of_users()


@lru_cache(maxsize=1)
def _group_mapping() -> AdapterMapping:
    return AdapterMapping.of_groups()


class BridgedUserHandler(UserHandler):
    """Serves Users; each document is what the project's user adapter writes of the Django user."""

    @property
    def mapping(self) -> AdapterMapping:
        """The project's user adapter."""
        return _user_mapping()

    @property
    def resource_type(self) -> ResourceType:
        """The User type with the attributes of the adapter's ATTR_MAP."""
        return self.mapping.resource_type

    def create(self, call: Call, payload: Any) -> Answer:
        """Make an account by the adapter; one that is there already gets the document as an update."""
        read = self._read(call, payload)
        projection = call.projection(self.resource_type)
        changes = _without_fields(users.changes_of(read.document))

        def make(_login_name: str, wanted: users.UserChanges) -> tuple[Any, dict[str, Any]]:
            user = get_user_model()()
            user.set_unusable_password()
            document = {**read.document, "active": wanted.active}
            scim_id = self.mapping.created(user, document, call.base_url)
            free = scim_id and delegation.is_free(call.connection, scim_id)
            return user, {"scim_id": scim_id} if free else {}

        def work() -> Outcome:
            outcome = join(call.context, changes, ignored=read.ignored, maker=make)
            if outcome.kind != "created":
                self._hand_over(call, outcome.identity, read.document)
            self._index(outcome.identity, {})
            return outcome

        outcome = self.write(call, work, changes.user_name)
        groups = [] if outcome.kind == "created" else self._groups(call, [outcome.identity.user_id])
        document = users.document_of(self.row_of(call, outcome.identity), groups, call.base_url)
        headers = {"Location": document["meta"]["location"], "ETag": document["meta"]["version"]}
        return Answer(201, projection.project(document), headers)

    def replace(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Replace the person by the document; what it leaves out the adapter decides on."""
        read = self._read(call, payload)

        def work() -> Answer:
            identity, before = self._locked(call, scim_id)
            document = {"active": identities.is_active(identity), **read.document}
            return self._write(call, identity, before, document, read.ignored)

        return self.write(call, work, scim_id)

    def patch(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Compute the operations on the document and hand the result over whole."""
        body = call.quirks.on_patch(payload)
        if not isinstance(body, dict):
            raise InvalidSyntax("The body of a PATCH must be an object.")

        def work() -> Answer:
            identity, before = self._locked(call, scim_id)
            patching = Patching(self.mapping, identity.user, call)
            patching.run(before, body)
            require_same_id(patching.asserted, scim_id)
            return self._write(
                call, identity, before, patching.document, patching.ignored,
                hand_over=patching.is_pending, present=identities.is_active(identity),
                states_active=patching.states_active,
            )  # fmt: skip

        return self.write(call, work, scim_id)

    def delete(self, call: Call, scim_id: str) -> Answer:
        """End access as the connection's policy has it, then let the project's own ``delete`` do its part."""

        def work() -> Answer:
            identity, _before = self._locked(call, scim_id)
            user = identity.user
            delete(call.context, identity)
            if user.pk is not None:
                self.mapping.delete(user, call.base_url)
            return Answer(204)

        return self.write(call, work, scim_id)

    def columns(self) -> tuple[str, ...]:
        """Name the columns of an identity's row; the rest is the adapter's."""
        return (*users.IDENTITY_COLUMNS, "user__is_active")

    def prepared(self, call: Call, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Put what the adapter says of each user in place of what was pushed [1 query, and the adapter's own]."""
        missing = [row["user_id"] for row in rows if "user" not in row]
        loaded = get_user_model()._default_manager.in_bulk(missing) if missing else {}
        return [self._said(call, row, row.get("user") or loaded[row["user_id"]]) for row in rows]

    def row_of(self, call: Call, identity: Identity) -> dict[str, Any]:
        """Give the row of a loaded identity; its user is not loaded again."""
        row = {name: getattr(identity, name) for name in users.IDENTITY_COLUMNS}
        return self.prepared(
            call, [{**row, "user__is_active": identity.user.is_active, "user": identity.user}]
        )[0]

    def _said(self, call: Call, row: dict[str, Any], user: Any) -> dict[str, Any]:
        document = self.mapping.document(user, call.base_url)
        attributes = {name: value for name, value in document.items() if name not in _COLUMNS_OF_OURS}
        live = {f"user__{name}": users.value_at(document, path) for path, name in user_map().fields.items()}
        return {**row, **live, "attributes": attributes}

    def _read(self, call: Call, payload: Any) -> ReadResult:
        body = call.quirks.on_resource(payload)
        return read_resource(body, self.mapping.type_of(body), call.tolerance, value_limits())

    def _write(
        self,
        call: Call,
        identity: Identity,
        before: dict[str, Any],
        document: dict[str, Any],
        ignored: Sequence[str],
        *,
        hand_over: bool = True,
        **facts: Any,
    ) -> Answer:
        """Move the identity, then let the adapter save the rest."""
        stored = identity.attributes
        changes = _without_fields(users.changes_of(document, present=facts.pop("present", None)))
        outcome = move(call.context, identity, changes, ignored=ignored, **facts)
        if hand_over:
            self._hand_over(call, identity, document)
        self._index(identity, stored)
        return self._moved(call, outcome, before)

    def _hand_over(self, call: Call, identity: Identity, document: Mapping[str, Any]) -> None:
        """Let the adapter save the document, with access as it was decided."""
        whole = {**document, "id": identity.scim_id, "active": identity.user.is_active}
        self.mapping.save(identity.user, whole, call.base_url)

    def _index(self, identity: Identity, stored: Mapping[str, Any]) -> None:
        """Make what only ATTR_MAP knows searchable; the declared attributes are so already."""
        old, new = (shapes.beyond(user_type(), attributes) for attributes in (stored, identity.attributes))
        if old != new:
            delegation.index_more(identity, old, new, self.resource_type)


class BridgedGroupHandler(GroupHandler):
    """Serves Groups; members are ours, everything else of a document is what the project's group adapter writes."""

    @property
    def mapping(self) -> AdapterMapping:
        """The project's group adapter."""
        return _group_mapping()

    @property
    def resource_type(self) -> ResourceType:
        """The Group type with the attributes of the adapter's ATTR_MAP."""
        return self.mapping.resource_type

    def prepared(self, call: Call, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Put what the adapter says of each group in place of what was pushed [1 query, and the adapter's own]."""
        loaded = group_model()._default_manager.in_bulk([row["group_id"] for row in rows])
        return [{**row, "attributes": self._said(call, loaded[row["group_id"]])} for row in rows]

    def _said(self, call: Call, group: Any) -> dict[str, Any]:
        document = self.mapping.document(group, call.base_url)
        ours = {"schemas", "id", "meta", "members", "displayName", "externalId"}
        return {name: value for name, value in document.items() if name not in ours}

    def type_for(self, payload: Any) -> ResourceType:
        """Give the Group type with whatever the body names."""
        return self.mapping.type_of_patch(payload, payload)

    def patch(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Compute the operations on the group, but for those that the project's own code handles."""
        if not any(map(self.mapping.handles, ("add", "remove", "replace"))):
            return super().patch(call, scim_id, payload)
        call.projection(self.resource_type)
        body = call.quirks.on_patch(payload)
        if not isinstance(body, dict):
            raise InvalidSyntax("The body of a PATCH must be an object.")
        whole, steps = read_steps(body, self.type_for(body), call.tolerance)

        def work() -> GroupLink:
            link = self._locked(call, scim_id)
            require_same_id(whole.asserted.get("id"), scim_id)
            for step in steps:
                if not self._handled(call, link, step):
                    single = PatchRequest((step.operation,), whole.ignored)
                    self._apply(call, link, *split_members(single))
                    self.written(call, link)
            return link

        return self._patched(call, self.write(call, work, scim_id))

    def _handled(self, call: Call, link: GroupLink, step: Step) -> bool:
        """Let the project's code do one operation, and record what became of the group and its members."""
        if step.is_total_removal or not self.mapping.handles(step.operation.op):
            return False
        members = memberships.current_members(link)
        before = self.mapping.document(link.group, call.base_url)
        after = self.mapping.handled(link.group, step, call.base_url)
        if after is None:
            return False
        document = groups.document_of(self.row_of(call, link), None, call.base_url)
        document |= {name: value for name, value in after.items() if before.get(name) != value}
        present = memberships.current_members(link)
        delta = memberships.Delta(
            added=[scim_id for user, scim_id in present.items() if user not in members],
            removed=[scim_id for user, scim_id in members.items() if user not in present],
        )
        lifecycle.update(call.context, link, groups.changes_of(document), delta)
        return True

    def written(self, call: Call, link: GroupLink) -> None:
        """Let the adapter save the document under the group's Django name; members only if its code asks for them."""
        document = groups.document_of(groups.row_of(link), None, call.base_url)
        whole = {**document, "displayName": getattr(link.group, settings.GROUP_NAME_FIELD)}
        if self.mapping.is_own("from_dict"):
            members = self._members(call, [{"group_id": link.group_id, "id": link.pk}]).get(link.pk, [])
            whole["members"] = [{"value": member.scim_id, "type": member.kind} for member in members]
        self.mapping.save(link.group, whole, call.base_url)


def _without_fields(changes: users.UserChanges) -> users.UserChanges:
    """Leave the user's columns to the adapter."""
    return replace(changes, fields={})
