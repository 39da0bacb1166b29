"""Runs Bulk jobs (RFC 7644 §3.7): each operation through the handler of its endpoint, in a transaction of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..conf import settings
from ..models import Leave
from ..protocol.bulk import BulkLimits, BulkOperation, order, parse_bulk, resolve_references
from ..protocol.errors import NotFound
from ..protocol.messages import BULK_RESPONSE_URN
from .call import Answer, Call
from .exceptions import as_scim_error
from .handlers import ResourceHandler, handler_for
from .scopes import require_write_scope


def run(call: Call, payload: Any) -> Answer:
    """Run the job; the results stand in the order of the request.

    References are resolved by running operations after those that they refer to. With failOnErrors the operations
    that were not run are missing from the answer.

    Raises:
        PayloadTooLarge: the job has more operations than MAX_BULK_OPERATIONS.
        InvalidSyntax: the body is no BulkRequest.
    """
    job = parse_bulk(payload, BulkLimits(max_operations=settings.MAX_BULK_OPERATIONS), call.tolerance)
    call = replace(call, context=replace(call.context, via=Leave.Path.SCIM_BULK))
    ids: dict[str, str] = {}
    results: dict[int, dict[str, Any]] = {}
    errors = 0
    for operation in order(job.operations):
        results[operation.index] = result = _run_one(call, operation, ids)
        errors += int(result["status"]) >= 400
        if job.fail_on_errors is not None and errors >= job.fail_on_errors:
            break
    return Answer(
        200, {"schemas": [BULK_RESPONSE_URN], "Operations": [results[index] for index in sorted(results)]}
    )


def _run_one(call: Call, operation: BulkOperation, ids: dict[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {"method": operation.method}
    if operation.bulk_id is not None:
        result["bulkId"] = operation.bulk_id
    try:
        if operation.fault is not None:
            raise operation.fault
        resolved = resolve_references(operation, ids)
        if operation.method != "POST":
            result["location"] = call.base_url + resolved.path
        answer = _dispatch(replace(call, if_match=operation.version), resolved)
    except Exception as error:  # noqa: BLE001  One operation's failure is its result (RFC 7644 §3.7.3), whatever it is.
        scim_error = as_scim_error(error, call.context.correlation_id)
        return {**result, "status": str(scim_error.status), "response": scim_error.to_dict()}
    if operation.method == "POST":
        result["location"] = answer.headers["Location"]
        if operation.bulk_id is not None:
            ids[operation.bulk_id] = result["location"].rpartition("/")[2]
    if "ETag" in answer.headers:
        result["version"] = answer.headers["ETag"]
    return {**result, "status": str(answer.status)}


def _dispatch(call: Call, operation: BulkOperation) -> Answer:
    handler: ResourceHandler = handler_for(operation.endpoint)
    require_write_scope(call.token, handler.scope)
    scim_id = operation.resource_id
    match operation.method:
        case "POST":
            return handler.create(call, operation.data)
        case "PUT":
            return handler.replace(call, scim_id, operation.data)
        case "PATCH":
            return handler.patch(call, scim_id, operation.data)
        case "DELETE":
            return handler.delete(call, scim_id)
        case _:
            raise NotFound
