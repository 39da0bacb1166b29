"""PATCH on what an adapter says: computed on the document, but for operations that the project's own code handles."""

from __future__ import annotations

from typing import Any

from ..lifecycle.delegation import keep_active
from ..protocol.errors import InvalidSyntax
from ..protocol.patch import apply, parse_patch
from ..scim.call import Call, patch_limits, value_limits
from .mapping import AdapterMapping


class Patching:
    """One PATCH of one locked person.

    ``document`` is what it comes to, ``is_pending`` says whether the adapter has yet to be given it, ``asserted`` is
    an id that the request repeats, ``ignored`` what nothing stores, ``states_active`` whether it speaks of access.
    """

    def __init__(self, mapping: AdapterMapping, user: Any, call: Call) -> None:
        self.mapping = mapping
        self.user = user
        self.call = call
        self.document: dict[str, Any] = {}
        self.ignored: list[str] = []
        self.asserted: Any = None
        self.is_pending = False
        self.states_active = False

    def run(self, document: dict[str, Any], payload: dict[str, Any]) -> None:
        """Apply all operations; in one go where the project has no PATCH code, which is the rule."""
        self.document = document
        operations = payload.get("Operations")
        if not any(map(self.mapping.handles, ("add", "remove", "replace"))) or not isinstance(
            operations, list
        ):
            self._apply(payload)
            return
        if len(operations) > patch_limits().max_operations:
            self._apply(payload)  # It knows how to refuse.
        for operation in operations:
            if not (self._is_theirs(operation) and self._handled(operation)):
                self._apply({**payload, "Operations": [operation]})

    def _apply(self, payload: dict[str, Any]) -> None:
        resource_type = self.mapping.type_of_patch(self.document, payload)
        request = parse_patch(payload, resource_type, self.call.tolerance, patch_limits())
        self.asserted = request.asserted.get("id", self.asserted)
        patched = apply(self.document, request, resource_type, self.call.tolerance, value_limits())
        self.states_active = self.states_active or any(
            operation.path.path.root == "active" for operation in request.operations
        )
        self.ignored += patched.ignored
        self.is_pending = self.is_pending or bool(patched.changed)
        self.document = patched.document

    def _is_theirs(self, operation: Any) -> bool:
        if not isinstance(operation, dict):
            raise InvalidSyntax("Each operation must be an object.")
        op = operation.get("op")
        return isinstance(op, str) and self.mapping.handles(op.lower())

    def _handled(self, operation: dict[str, Any]) -> bool:
        """Let the project's code do it, and take into the document what it changed."""
        was_active = bool(self.user.is_active)
        base_url = self.call.base_url
        if self.is_pending:
            self.mapping.save(self.user, {**self.document, "active": was_active}, base_url)
            self.is_pending = False
        before = self.mapping.document(self.user, base_url)
        done = self.mapping.handled(self.user, {**operation, "op": operation["op"].lower()}, base_url)
        if not done:
            return False
        after = self.mapping.document(self.user, base_url)
        wanted = keep_active(self.user, is_active=was_active)
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        self.document = {name: value for name, value in self.document.items() if name not in changed}
        self.document |= {name: after[name] for name in changed if name in after}
        if wanted != was_active:
            self.document["active"] = wanted
            self.states_active = True
        return True
