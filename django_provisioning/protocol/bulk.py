"""Bulk jobs (RFC 7644 §3.7): read, put into an order in which ``bulkId:`` references resolve, resolved.

A fault of one operation is kept with it and answered in its place; only a fault of the job itself is raised.

>>> job = parse_bulk({"Operations": [
...     {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"members": [{"value": "bulkId:u"}]}},
...     {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "ada"}},
... ]})
>>> [operation.bulk_id for operation in order(job.operations)]
['u', 'g']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Any

from .errors import Conflict, InvalidSyntax, InvalidValue, PayloadTooLarge, ScimError
from .messages import BULK_REQUEST_URN, require_message
from .tolerance import TOLERANT, Tolerance

_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PREFIX = "bulkId:"
# A whole string ("bulkId:ada"), the end of a reference ("/Users/bulkId:ada"), a literal in a PATCH path
# (members[value eq "bulkId:ada"]). Anywhere else it is text.
_WHOLE = re.compile(r"bulkId:(?P<id>.+)", re.DOTALL)
_SEGMENT = re.compile(r"(?<=/)bulkId:(?P<id>[^/?#]+)$")
_LITERAL = re.compile(r'(?<=")bulkId:(?P<id>[^"\\]+)(?=")')
_SEGMENTS = {"POST": 1, "PUT": 2, "PATCH": 2, "DELETE": 2}


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """What one job may hold; ServiceProviderConfig announces it."""

    max_operations: int = 100


DEFAULT_LIMITS = BulkLimits()


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a job. ``index`` is its place in the request, and in the response.

    ``path`` starts with a slash and has no more than endpoint and id. ``fault`` says why it cannot run.
    """

    method: str
    path: str
    bulk_id: str | None = None
    version: str | None = None
    data: Any = None
    index: int = 0
    fault: ScimError | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint with its slash: ``/Users``."""
        return "/" + self.path.lstrip("/").partition("/")[0]

    @property
    def resource_id(self) -> str:
        """The id in the path, "" for a POST."""
        return self.path.lstrip("/").partition("/")[2]


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A job; ``fail_on_errors`` is the number of errors after which it stops, None for never."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None = None


def parse_bulk(
    payload: Any, limits: BulkLimits = DEFAULT_LIMITS, tolerance: Tolerance = TOLERANT
) -> BulkRequest:
    """Give the job that the body describes.

    Raises:
        InvalidSyntax: the body is no BulkRequest.
        InvalidValue: failOnErrors is no number of errors.
        PayloadTooLarge: there are more operations than the limit.
    """
    if not isinstance(payload, dict):
        raise InvalidSyntax("The body of a bulk request must be an object.")
    members = {name.lower(): value for name, value in payload.items()}
    require_message(members.get("schemas"), BULK_REQUEST_URN, tolerance)
    operations = members.get("operations")
    if not isinstance(operations, list):
        raise InvalidSyntax("'Operations' must be an array of operations.")
    if len(operations) > limits.max_operations:
        raise PayloadTooLarge(f"A bulk request takes at most {limits.max_operations} operations.")
    read = [_operation(item, index) for index, item in enumerate(operations)]
    return BulkRequest(tuple(_with_unique_bulk_ids(read)), _fail_on_errors(members.get("failonerrors")))


def order(operations: Iterable[BulkOperation]) -> tuple[BulkOperation, ...]:
    """Give the operations in an order in which each comes after those it refers to.

    Apart from that they keep their order. An operation that refers to an unknown bulkId gets a fault of 400,
    one that is part of a circle or waits for one gets 409 (RFC 7644 §3.7.1).
    """
    by_index = {operation.index: operation for operation in operations}
    makers: dict[str, int] = {}
    for index, operation in by_index.items():
        if operation.bulk_id is not None:
            makers.setdefault(operation.bulk_id, index)
    needs: dict[int, set[int]] = {}
    for index, operation in by_index.items():
        wanted = references(operation)
        unknown = sorted(wanted - makers.keys())
        if unknown and operation.fault is None:
            fault = InvalidValue(f"bulkId {unknown[0][:100]!r} names no operation of this request.")
            by_index[index] = replace(operation, fault=fault)
        needs[index] = {makers[bulk_id] for bulk_id in wanted & makers.keys()}
    return tuple(_sorted(by_index, needs))


def references(operation: BulkOperation) -> frozenset[str]:
    """Give the bulkIds that the path and the data of an operation refer to."""
    found: set[str] = set()

    def collect(bulk_id: str) -> str:
        found.add(bulk_id)
        return bulk_id

    _replaced(operation, collect)
    return frozenset(found)


def resolve_references(operation: BulkOperation, ids: Mapping[str, str]) -> BulkOperation:
    """Give the operation with every reference replaced; ``ids`` maps the bulkIds done so far to ids.

    Raises:
        Conflict: an operation that this one refers to has failed or has not run.
    """

    def resolved(bulk_id: str) -> str:
        if bulk_id not in ids:
            raise Conflict(
                f"The operation with bulkId {bulk_id[:100]!r}, which this one refers to, has failed."
            )
        return ids[bulk_id]

    return _replaced(operation, resolved)


def _fail_on_errors(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidValue("'failOnErrors' must be an integer of 1 or more.")
    return value


def _operation(item: Any, index: int) -> BulkOperation:
    """Read an operation; what is wrong with it becomes its fault."""
    if not isinstance(item, dict):
        return BulkOperation("", "", index=index, fault=InvalidSyntax("Each operation must be an object."))
    members = {name.lower(): value for name, value in item.items()}
    method, path = members.get("method"), members.get("path")
    operation = BulkOperation(
        method=method.upper() if isinstance(method, str) else "",
        path="/" + path.strip("/") if isinstance(path, str) else "",
        bulk_id=bulk_id if isinstance(bulk_id := members.get("bulkid"), str) and bulk_id else None,
        version=version if isinstance(version := members.get("version"), str) else None,
        data=members.get("data"),
        index=index,
    )
    return replace(operation, fault=_fault(operation, members))


def _fault(operation: BulkOperation, members: Mapping[str, Any]) -> ScimError | None:
    if operation.method not in _METHODS:
        return InvalidSyntax("'method' must be POST, PUT, PATCH or DELETE.")
    segments = operation.path.split("/")[1:]
    if len(segments) != _SEGMENTS[operation.method] or not all(segments):
        return InvalidValue("'path' must be an endpoint for POST and an endpoint with an id for the others.")
    if operation.method == "POST" and operation.bulk_id is None:
        return InvalidValue("A POST in a bulk request needs a 'bulkId'.")
    if operation.method != "DELETE" and not isinstance(operation.data, dict):
        return InvalidSyntax("'data' must be an object.")
    for name in ("bulkid", "version"):
        if members.get(name) is not None and not isinstance(members[name], str):
            return InvalidValue(f"{'bulkId' if name == 'bulkid' else name!r} must be a string.")
    return None


def _with_unique_bulk_ids(operations: list[BulkOperation]) -> list[BulkOperation]:
    """Let the first operation keep a bulkId that several use (RFC 7644 §3.7: it is unique in the job)."""
    seen: set[str] = set()
    result: list[BulkOperation] = []
    for operation in operations:
        if operation.bulk_id is not None and operation.bulk_id in seen:
            fault = InvalidValue("The 'bulkId' is used by another operation of this request.")
            result.append(replace(operation, fault=operation.fault or fault))
            continue
        if operation.bulk_id is not None:
            seen.add(operation.bulk_id)
        result.append(operation)
    return result


def _sorted(
    operations: Mapping[int, BulkOperation], needs: Mapping[int, set[int]]
) -> Iterator[BulkOperation]:
    """Take the first operation that waits for none, again and again; what is left runs in circles."""
    waiting_for = {index: len(needed) for index, needed in needs.items()}
    needed_by: dict[int, list[int]] = {index: [] for index in needs}
    for index, needed in needs.items():
        for other in needed:
            needed_by[other].append(index)
    ready = sorted(index for index, count in waiting_for.items() if count == 0)
    while ready:
        index = heappop(ready)
        del waiting_for[index]
        yield operations[index]
        for other in needed_by[index]:
            waiting_for[other] -= 1
            if waiting_for[other] == 0:
                heappush(ready, other)
    for index in sorted(waiting_for):
        fault = Conflict("The bulkId references of this operation run in a circle.")
        yield replace(operations[index], fault=operations[index].fault or fault)


def _replaced(operation: BulkOperation, resolved: Callable[[str], str]) -> BulkOperation:
    """Give the operation with each reference replaced by what ``resolved`` gives for its bulkId."""
    path = _SEGMENT.sub(lambda found: resolved(found["id"]), operation.path)
    return replace(operation, path=path, data=_replaced_value(operation.data, resolved))


def _replaced_value(value: Any, resolved: Callable[[str], str], *, is_path: bool = False) -> Any:
    """Rebuild a JSON value; the depth limit of the body bounds the recursion."""
    if isinstance(value, dict):
        return {
            name: _replaced_value(item, resolved, is_path=name.lower() == "path")
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_replaced_value(item, resolved) for item in value]
    if not isinstance(value, str) or _PREFIX not in value:
        return value
    if is_path:
        return _LITERAL.sub(lambda found: resolved(found["id"]), value)
    if whole := _WHOLE.fullmatch(value):
        return resolved(whole["id"])
    return _SEGMENT.sub(lambda found: resolved(found["id"]), value)
