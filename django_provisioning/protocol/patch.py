"""PATCH requests (RFC 7644 §3.5.2): parsed into checked operations, then applied to a document.

Parsing needs no document: paths are resolved, values read and every rule that holds for any resource of the
type is checked before the resource is looked up. An operation without a path becomes one operation for each
attribute that its value names.

>>> from .core_schemas import USER
>>> request = parse_patch({"Operations": [{"op": "Replace", "value": {"name.givenName": "Ada"}}]}, USER)
>>> apply({"userName": "ada"}, request, USER).document["name"]
{'givenName': 'Ada'}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .canonical import put, same_value, schemas_of, value_at
from .errors import InvalidSyntax, Mutability, PayloadTooLarge
from .filters import DEFAULT_LIMITS as FILTER_LIMITS
from .filters import FilterLimits
from .membership import MemberChange, split_members
from .messages import PATCH_OP_URN, require_message
from .patch_apply import changed_value
from .patch_operations import Operation, OperationReader, PatchRequest
from .patch_path import PatchPath
from .path import AttributePath
from .schema import ResourceType
from .tolerance import TOLERANT, Tolerance
from .validation import SCHEMAS_MISSING
from .values import DEFAULT_LIMITS as VALUE_LIMITS
from .values import ValueLimits, ValueReader, is_blank

__all__ = [
    "MemberChange",
    "Operation",
    "PatchLimits",
    "PatchPath",
    "PatchRequest",
    "PatchResult",
    "apply",
    "parse_patch",
    "split_members",
]


@dataclass(frozen=True, slots=True)
class PatchLimits:
    """What one PATCH request may hold."""

    max_operations: int = 1000
    filters: FilterLimits = FILTER_LIMITS
    values: ValueLimits = VALUE_LIMITS


DEFAULT_LIMITS = PatchLimits()


@dataclass(frozen=True, slots=True)
class PatchResult:
    """The document after the request, and the canonical roots whose values are not what they were."""

    document: dict[str, Any]
    changed: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()


def parse_patch(
    payload: Any,
    resource_type: ResourceType,
    tolerance: Tolerance = TOLERANT,
    limits: PatchLimits = DEFAULT_LIMITS,
) -> PatchRequest:
    """Give the operations of a PATCH body.

    Raises:
        InvalidSyntax: the body is no PatchOp message, or an operation has an unknown ``op``.
        PayloadTooLarge: there are more operations than the limit.
        NoTarget: a remove has no path.
        InvalidPath, InvalidFilter: a path is malformed or names an unknown attribute.
        Mutability: an operation writes a readOnly attribute or removes a required one.
        InvalidValue: a value is missing or has the wrong type.
    """
    if not isinstance(payload, dict):
        raise InvalidSyntax("The body of a PATCH must be an object.")
    members = {name.lower(): value for name, value in payload.items()}
    values = ValueReader(tolerance, limits.values)
    if not require_message(members.get("schemas"), PATCH_OP_URN, tolerance):
        values.note(SCHEMAS_MISSING)
    reader = OperationReader(resource_type, values, limits.filters)
    for item in _operations(members.get("operations"), limits):
        reader.read(item)
    return PatchRequest(tuple(reader.operations), tuple(values.ignored), reader.asserted)


def apply(
    document: dict[str, Any],
    request: PatchRequest,
    resource_type: ResourceType,
    tolerance: Tolerance = TOLERANT,
    limits: ValueLimits = VALUE_LIMITS,
) -> PatchResult:
    """Give the document after all operations; the one that is given is not changed.

    Each operation sees the result of the one before. The request succeeds or fails as a whole.

    Raises:
        NoTarget: a filter of an add or a replace selects nothing and describes no element.
        Mutability: a required attribute would lose its value, or an immutable one would change.
        InvalidValue: a value contradicts the filter that selects where it goes.
        PayloadTooLarge: an attribute would have more values than the limit.
    """
    result = dict(document)
    touched: dict[str, AttributePath] = {}
    for operation in request.operations:
        path = operation.path.path
        value = changed_value(value_at(result, path), operation, tolerance)
        if isinstance(value, list) and len(value) > limits.elements_of(path.attribute):
            raise PayloadTooLarge(f"{path.root!r} takes at most {limits.elements_of(path.attribute)} values.")
        put(result, path, value)
        touched[path.root] = path
    changed = frozenset(root for root, path in touched.items() if _has_changed(document, result, path))
    if changed:
        result["schemas"] = schemas_of(result, resource_type)
    return PatchResult(result if changed else document, changed, request.ignored)


def _operations(operations: Any, limits: PatchLimits) -> list[Any]:
    if not isinstance(operations, list) or not operations:
        raise InvalidSyntax("'Operations' must be an array of one or more operations.")
    if len(operations) > limits.max_operations:
        raise PayloadTooLarge(f"A PATCH takes at most {limits.max_operations} operations.")
    return operations


def _has_changed(before: dict[str, Any], after: dict[str, Any], path: AttributePath) -> bool:
    """Compare an attribute before and after, and hold what its mutability promises (RFC 7643 §7)."""
    old, new = value_at(before, path), value_at(after, path)
    if same_value(old, new):
        return False
    if path.attribute.mutability == "immutable" and old is not None:
        raise Mutability(f"{path.root!r} cannot be changed once it has a value.")
    if path.attribute.required and is_blank(new):
        raise Mutability(f"{path.root!r} is required and cannot lose its value.")
    return True
