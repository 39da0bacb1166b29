"""/Users: people, between the protocol and the lifecycle (RFC 7644 §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from ...exceptions import UnknownResource
from ...lifecycle import explain, identities
from ...lifecycle.join import join
from ...lifecycle.leave import delete
from ...lifecycle.move import move
from ...lifecycle.outcome import Outcome
from ...mapping import users
from ...mapping.filters import user_filter
from ...mapping.ordering import USER_SORT_COLUMNS
from ...mapping.resource_types import user_type
from ...models import Identity
from ...models.membership import membership_table
from ...protocol.filters import Filter
from ...protocol.patch import apply, parse_patch
from ...protocol.schema import ResourceType
from ...protocol.validation import read_resource
from ..call import Answer, Call, patch_limits, value_limits
from .base import ResourceHandler, is_unchanged, require_precondition, require_same_id


class UserHandler(ResourceHandler):
    """Serves identities that the connection may see as User resources."""

    scope = "scim:users"
    owner = "identity"
    sort_columns = USER_SORT_COLUMNS

    @property
    def resource_type(self) -> ResourceType:
        """The User type with the project's extensions."""
        return user_type()

    def create(self, call: Call, payload: Any) -> Answer:
        """Make, adopt, revive or link an account; 201 in each case, the event says which."""
        read = read_resource(
            call.quirks.on_resource(payload), self.resource_type, call.tolerance, value_limits()
        )
        projection = call.projection(self.resource_type)
        changes = users.changes_of(read.document)

        def work() -> Outcome:
            return join(call.context, changes, ignored=read.ignored)

        outcome = self.write(call, work, changes.user_name)
        explain.note("outcome", outcome.kind)
        groups = [] if outcome.kind == "created" else self._groups(call, [outcome.identity.user_id])
        document = users.document_of(self.row_of(call, outcome.identity), groups, call.base_url)
        headers = {"Location": document["meta"]["location"], "ETag": document["meta"]["version"]}
        return Answer(201, projection.project(document), headers)

    def read(self, call: Call, scim_id: str) -> Answer:
        """Give one person [2 queries and the token's]."""
        projection = call.projection(self.resource_type)
        row = self.queryset(call).filter(scim_id=scim_id).values(*self.columns()).first()
        if row is None:
            raise UnknownResource("The resource is not known to this connection.")
        row = self.prepared(call, [row])[0]
        document = users.document_of(row, self._groups(call, [row["user_id"]]), call.base_url)
        headers = {"ETag": document["meta"]["version"]}
        if is_unchanged(call, headers["ETag"]):
            return Answer(304, None, headers)
        return Answer(200, projection.project(document), headers)

    def replace(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Replace what the client may write; what it leaves out is cleared (RFC 7644 §3.5.1)."""
        read = read_resource(
            call.quirks.on_resource(payload), self.resource_type, call.tolerance, value_limits()
        )

        def work() -> Answer:
            identity, document = self._locked(call, scim_id)
            # Access never comes back by an omission: a PUT without active leaves it as it is.
            changes = users.changes_of({"active": identities.is_active(identity), **read.document})
            outcome = move(call.context, identity, changes, ignored=read.ignored)
            return self._moved(call, outcome, document)

        return self.write(call, work, scim_id)

    def patch(self, call: Call, scim_id: str, payload: Any) -> Answer:
        """Apply operations to what the account is now (RFC 7644 §3.5.2) [≤ 7 queries with the token's]."""
        request = parse_patch(
            call.quirks.on_patch(payload), self.resource_type, call.tolerance, patch_limits()
        )
        states_active = any(operation.path.path.root == "active" for operation in request.operations)

        def work() -> Answer:
            identity, document = self._locked(call, scim_id)
            require_same_id(request.asserted.get("id"), scim_id)
            patched = apply(document, request, self.resource_type, call.tolerance, value_limits())
            changes = users.changes_of(patched.document, present=identities.is_active(identity))
            outcome = move(
                call.context, identity, changes, ignored=patched.ignored, states_active=states_active
            )
            return self._moved(call, outcome, document)

        return self.write(call, work, scim_id)

    def delete(self, call: Call, scim_id: str) -> Answer:
        """End access and make the identity a tombstone."""

        def work() -> Answer:
            identity, _document = self._locked(call, scim_id)
            delete(call.context, identity)
            return Answer(204)

        return self.write(call, work, scim_id)

    def queryset(self, call: Call) -> QuerySet[Any]:
        """Give the identities that the connection may see."""
        return Identity.objects.of(call.connection)

    def condition(self, call: Call, node: Filter) -> Q:
        """Compile a filter over identities."""
        return user_filter(node, call.connection, self.resource_type)

    def columns(self) -> tuple[str, ...]:
        """Name the columns of an identity's row and its user's."""
        return users.row_columns()

    def documents(self, call: Call, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write rows as documents [1 query for the groups of all, none when neither they nor meta are wanted]."""
        projection = call.projection(self.resource_type)
        groups: dict[Any, list[users.GroupRef]] = {}
        if rows and (projection.wants("groups") or projection.wants("meta")):
            groups = self._groups_by_user(call, [row["user_id"] for row in rows])
        return [
            projection.project(users.document_of(row, groups.get(row["user_id"], ()), call.base_url))
            for row in self.prepared(call, rows)
        ]

    def row_of(self, call: Call, identity: Identity) -> dict[str, Any]:
        """Give the row of a loaded identity."""
        return self.prepared(call, [users.row_of(identity)])[0]

    def _locked(self, call: Call, scim_id: str) -> tuple[Identity, dict[str, Any]]:
        """Lock the identity and hold If-Match against its document [2 queries]."""
        call.projection(self.resource_type)
        identity = identities.locked(call.context, scim_id)
        groups = self._groups(call, [identity.user_id])
        document = users.document_of(self.row_of(call, identity), groups, call.base_url)
        require_precondition(call, document["meta"]["version"])
        return identity, document

    def _moved(self, call: Call, outcome: Outcome, before: dict[str, Any]) -> Answer:
        """Answer with the resource as it is after a write; a leave has taken its groups."""
        explain.note("outcome", outcome.kind)
        groups = [] if outcome.kind == "left" else _group_refs(before)
        document = users.document_of(self.row_of(call, outcome.identity), groups, call.base_url)
        body = call.projection(self.resource_type).project(document)
        return Answer(200, body, {"ETag": document["meta"]["version"]})

    def _groups(self, call: Call, users_: list[Any]) -> list[users.GroupRef]:
        return self._groups_by_user(call, users_).get(users_[0], [])

    def _groups_by_user(self, call: Call, user_pks: Iterable[Any]) -> dict[Any, list[users.GroupRef]]:
        """Give the connection's groups of each user [1 query]."""
        table = membership_table()
        link = f"{table.group}__provisioning_link__"
        rows = table.rows.filter(
            **{f"{table.user}__in": list(user_pks), f"{link}connection": call.connection}
        ).order_by(f"{link}id")
        found: dict[Any, list[users.GroupRef]] = defaultdict(list)
        for user, scim_id, name in rows.values_list(table.user_id, f"{link}scim_id", f"{link}display_name"):
            found[user].append(users.GroupRef(scim_id, name))
        return found


def _group_refs(document: dict[str, Any]) -> list[users.GroupRef]:
    return [users.GroupRef(group["value"], group["display"]) for group in document.get("groups", ())]
