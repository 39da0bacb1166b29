"""The operations of a PATCH for a project's PATCH code: checked as all are, a path each, values as declared."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ..protocol.patch import Operation, PatchRequest, parse_patch
from ..protocol.schema import ResourceType
from ..protocol.tolerance import Tolerance
from ..scim.call import patch_limits


@dataclass(frozen=True, slots=True)
class Step:
    """One operation, and its path as text."""

    operation: Operation
    path: str

    @property
    def root(self) -> str:
        """The attribute that it changes."""
        return self.operation.path.root

    @property
    def is_total_removal(self) -> bool:
        """Whether it takes every element away, which django-scim2's code passes over in silence."""
        chooses = self.operation.path.filter or self.operation.path.sub or self.operation.value
        return self.operation.op == "remove" and not chooses

    def canonical(self) -> dict[str, Any]:
        """Give it as a message again, in the form that each adapter knows."""
        return {"op": self.operation.op, "path": self.path, "value": deepcopy(self.operation.value)}


def read_steps(
    payload: dict[str, Any], resource_type: ResourceType, tolerance: Tolerance
) -> tuple[PatchRequest, Sequence[Step]]:
    """Check a request as a whole, and give it with its operations in their order.

    Raises:
        ScimError: it is malformed, as ``parse_patch`` says.
    """
    whole = parse_patch(payload, resource_type, tolerance, patch_limits())
    members = {name.lower(): value for name, value in payload.items()}
    steps: list[Step] = []
    for item in members["operations"]:
        # One by one, because the text of a filter is only in the message that holds it.
        single = parse_patch({**members, "operations": [item]}, resource_type, tolerance, patch_limits())
        texts = {name.lower(): value for name, value in item.items()}
        for operation in single.operations:
            path = operation.path
            text = path.key if path.filter is None else texts.get("path") or path.root
            steps.append(Step(operation, text))
    return whole, steps
