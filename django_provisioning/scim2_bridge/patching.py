"""PATCH on what an adapter says: computed on the document, but for operations that the project's own code handles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..lifecycle.delegation import keep_active
from ..protocol.patch import Operation, PatchRequest, apply
from ..scim.call import Call, value_limits
from .mapping import NOT_HANDED_OVER, AdapterMapping
from .operations import Step, read_steps


class Patching:
    """One PATCH of one locked person.

    ``document`` is what it comes to, ``is_pending`` says whether the adapter has yet to be given it, ``asserted`` is
    an id that the request repeats, ``ignored`` what nothing stores, ``states_active`` whether it speaks of access.
    """

    def __init__(self, mapping: AdapterMapping, user: Any, call: Call) -> None:
        self.mapping = mapping
        self.user = user
        self.call = call
        self.resource_type = mapping.resource_type
        self.document: dict[str, Any] = {}
        self.ignored: list[str] = []
        self.asserted: Any = None
        self.is_pending = False
        self.states_active = False

    def run(self, document: dict[str, Any], payload: dict[str, Any]) -> None:
        """Apply all operations; in one go where the project has no PATCH code, which is the rule."""
        self.document = document
        self.resource_type = self.mapping.type_of_patch(document, payload)
        request, steps = read_steps(payload, self.resource_type, self.call.tolerance)
        self.asserted = request.asserted.get("id")
        self.ignored = list(request.ignored)
        waiting: list[Operation] = []
        for step in steps:
            if self._is_theirs(step):
                self._apply(waiting)
                waiting = []
                if self._handled(step) and step.root != "active":
                    continue
            waiting.append(step.operation)
        self._apply(waiting)

    def _apply(self, operations: Sequence[Operation]) -> None:
        request = PatchRequest(tuple(operations))
        patched = apply(self.document, request, self.resource_type, self.call.tolerance, value_limits())
        self.states_active = self.states_active or any(
            operation.path.root == "active" for operation in operations
        )
        self.is_pending = self.is_pending or bool(patched.changed)
        self.document = patched.document

    def _is_theirs(self, step: Step) -> bool:
        return step.root not in NOT_HANDED_OVER and self.mapping.handles(step.operation.op)

    def _handled(self, step: Step) -> bool:
        """Let the project's code do it, and take into the document what it changed.

        Access is not its to decide: ``active`` is put back, and what the operation says of it is applied by us.
        """
        was_active = bool(self.user.is_active)
        base_url = self.call.base_url
        if self.is_pending:
            self.mapping.save(self.user, {**self.document, "active": was_active}, base_url)
            self.is_pending = False
        before = self.mapping.document(self.user, base_url)
        after = self.mapping.handled(self.user, step, base_url)
        if after is None:
            return False
        wanted = keep_active(self.user, is_active=was_active)
        changed = {name for name in {*before, *after} - {"active"} if before.get(name) != after.get(name)}
        self.document = {name: value for name, value in self.document.items() if name not in changed}
        self.document |= {name: after[name] for name in changed if name in after}
        if wanted != was_active and step.root != "active":
            self.document["active"] = wanted
            self.states_active = True
        return True
