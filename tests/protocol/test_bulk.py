"""Bulk jobs: reading, order, references."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.bulk import (
    BulkLimits,
    BulkOperation,
    order,
    parse_bulk,
    references,
    resolve_references,
)
from django_provisioning.protocol.errors import (
    Conflict,
    InvalidSyntax,
    InvalidValue,
    PayloadTooLarge,
    ScimError,
)
from django_provisioning.protocol.messages import BULK_REQUEST_URN
from django_provisioning.protocol.tolerance import STRICT
from tests.protocol.json_values import json_values


def post(bulk_id: str, path: str = "/Users", **data: Any) -> dict[str, Any]:
    """A POST of a job."""
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": data}


def group(bulk_id: str, *members: str) -> dict[str, Any]:
    """A POST of a group with members by bulkId."""
    return post(bulk_id, "/Groups", members=[{"value": f"bulkId:{member}"} for member in members])


def parsed(*operations: Any) -> tuple[BulkOperation, ...]:
    """Give the operations of a job."""
    return parse_bulk({"schemas": [BULK_REQUEST_URN], "Operations": list(operations)}).operations


def ordered(*operations: Any) -> list[str | None]:
    """Give the bulkIds of a job in the order in which it runs."""
    return [operation.bulk_id for operation in order(parsed(*operations))]


def test_parse_bulk_reads_every_member() -> None:
    """Methods and member names in any case, paths with or without slash."""
    job = parse_bulk(
        {
            "schemas": [BULK_REQUEST_URN],
            "failonerrors": 2,
            "OPERATIONS": [
                {"method": "post", "path": "Users/", "bulkId": "a", "data": {"userName": "ada"}},
                {"Method": "PATCH", "path": "/Users/1", "version": 'W/"1"', "data": {"Operations": []}},
                {"method": "DELETE", "path": "/Groups/2"},
            ],
        }
    )

    assert job.fail_on_errors == 2
    assert job.operations == (
        BulkOperation("POST", "/Users", "a", None, {"userName": "ada"}, 0),
        BulkOperation("PATCH", "/Users/1", None, 'W/"1"', {"Operations": []}, 1),
        BulkOperation("DELETE", "/Groups/2", None, None, None, 2),
    )
    assert [(operation.endpoint, operation.resource_id) for operation in job.operations] == [
        ("/Users", ""),
        ("/Users", "1"),
        ("/Groups", "2"),
    ]


@pytest.mark.parametrize(
    "payload",
    [
        [],
        None,
        "x",
        {},
        {"Operations": {}},
        {"schemas": ["urn:example:x"], "Operations": []},
        {"Operations": None},
    ],
)
def test_parse_bulk_body_that_is_none_is_invalid_syntax(payload: Any) -> None:
    """A job has its schema and an array of operations."""
    with pytest.raises(InvalidSyntax):
        parse_bulk(payload)


def test_parse_bulk_without_schemas_is_refused_when_strict() -> None:
    """As in every message."""
    assert parse_bulk({"Operations": []}).operations == ()
    with pytest.raises(InvalidSyntax):
        parse_bulk({"Operations": []}, tolerance=STRICT)


@pytest.mark.compliance("RFC 7644", "3.7.4", "B180i more than maxOperations is 413")
def test_parse_bulk_too_many_operations_are_413() -> None:
    """What ServiceProviderConfig announces is enforced."""
    operations = [post(str(index)) for index in range(3)]

    assert len(parse_bulk({"Operations": operations}, BulkLimits(max_operations=3)).operations) == 3
    with pytest.raises(PayloadTooLarge):
        parse_bulk({"Operations": operations}, BulkLimits(max_operations=2))


@pytest.mark.parametrize("value", [0, -1, True, "1", 1.5, []])
def test_parse_bulk_fail_on_errors_is_a_positive_integer(value: Any) -> None:
    """FailOnErrors counts errors."""
    with pytest.raises(InvalidValue, match="failOnErrors"):
        parse_bulk({"Operations": [], "failOnErrors": value})


@pytest.mark.compliance("RFC 7644", "3.7", "B179i a POST without bulkId is an error, the others run")
@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"method": "POST", "path": "/Users", "data": {}}, 400),
        ({"method": "POST", "path": "/Users", "bulkId": "", "data": {}}, 400),
        ({"method": "POST", "path": "/Users", "bulkId": 5, "data": {}}, 400),
        ({"method": "POST", "path": "/Users/1", "bulkId": "x", "data": {}}, 400),
        ({"method": "POST", "path": "", "bulkId": "x", "data": {}}, 400),
        ({"method": "POST", "path": 5, "bulkId": "x", "data": {}}, 400),
        ({"method": "POST", "path": "/Users", "bulkId": "x"}, 400),
        ({"method": "PUT", "path": "/Users/1", "data": []}, 400),
        ({"method": "PUT", "path": "/Users/1", "data": {}, "version": 5}, 400),
        ({"method": "DELETE", "path": "/Users"}, 400),
        ({"method": "DELETE", "path": "/Users/1/x"}, 400),
        ({"method": "DELETE", "path": "/Users//1"}, 400),
        ({"method": "GET", "path": "/Users/1"}, 400),
        ({"method": None, "path": "/Users/1"}, 400),
        ({}, 400),
        ("x", 400),
        (None, 400),
    ],
)
def test_parse_bulk_fault_of_an_operation_stays_in_its_place(operation: Any, status: int) -> None:
    """One bad operation spoils no other."""
    first, bad, last = parsed(post("a"), operation, post("b"))

    assert first.fault is None
    assert last.fault is None
    assert bad.fault is not None
    assert bad.fault.status == status
    assert bad.index == 1


def test_parse_bulk_repeated_bulk_id_is_a_fault_of_the_later_one() -> None:
    """A bulkId is unique in its job."""
    first, second = parsed(post("a"), post("a"))

    assert first.fault is None
    assert isinstance(second.fault, InvalidValue)


@pytest.mark.compliance("RFC 7644", "3.7.2", "B169 bulkId: references to later operations resolve")
def test_order_runs_what_is_referred_to_first() -> None:
    """An operation comes after those it refers to, however long the chain; the others keep their order."""
    assert ordered(group("g", "u"), post("x"), post("u"), post("y")) == ["x", "u", "g", "y"]
    assert ordered(group("a", "b"), group("b", "c"), group("c", "d"), post("d")) == ["d", "c", "b", "a"]
    assert ordered(*(post(name) for name in "cab")) == ["c", "a", "b"]


@pytest.mark.compliance("RFC 7644", "3.7.1", "B171 circular bulkId: references resolve or are 409")
def test_order_circle_is_a_conflict_for_those_in_it() -> None:
    """The operations of a circle, and those that wait for it, are 409; the others run."""
    operations = order(
        parsed(group("a", "b"), group("b", "a"), group("self", "self"), group("w", "a"), post("u"))
    )

    faults = {operation.bulk_id: operation.fault for operation in operations}
    assert operations[0].bulk_id == "u"
    assert faults.pop("u") is None
    assert {name for name, fault in faults.items() if isinstance(fault, Conflict)} == {"a", "b", "self", "w"}


@pytest.mark.compliance("RFC 7644", "3.7.2", "B172 an unresolvable bulkId: is an error of that operation")
def test_order_unknown_reference_is_a_fault_of_its_operation() -> None:
    """A bulkId that no operation has cannot be resolved."""
    bad, good = order(parsed(group("g", "nobody"), post("u")))

    assert isinstance(bad.fault, InvalidValue)
    assert "nobody" in bad.fault.detail
    assert good.fault is None


def test_order_keeps_the_fault_that_an_operation_has() -> None:
    """The first reason is the one that is told."""
    wrong_method = {"method": "GET", "path": "/Users/1"}

    unknown, circle = order(
        parsed(
            {**wrong_method, "data": {"x": "bulkId:nobody"}},
            {**wrong_method, "bulkId": "b", "data": {"x": "bulkId:b"}},
        )
    )

    assert isinstance(unknown.fault, InvalidSyntax)
    assert isinstance(circle.fault, InvalidSyntax)


@pytest.mark.compliance("RFC 7644", "3.7.2", "B170 bulkId: references in a path resolve")
@pytest.mark.parametrize(
    ("operation", "resolved"),
    [
        (BulkOperation("PUT", "/Groups/bulkId:a"), BulkOperation("PUT", "/Groups/id-a")),
        (BulkOperation("POST", "/x", data={"value": "bulkId:a"}), BulkOperation("POST", "/x", data={"value": "id-a"})),
        (
            BulkOperation("POST", "/x", data={"m": [{"value": "bulkId:a"}, {"$ref": "../Users/bulkId:b"}]}),
            BulkOperation("POST", "/x", data={"m": [{"value": "id-a"}, {"$ref": "../Users/id-b"}]}),
        ),
        (
            BulkOperation("PATCH", "/x/1", data={"Operations": [
                {"op": "remove", "path": 'members[value eq "bulkId:a" or value eq "bulkId:b"]'},
                {"op": "add", "path": "members", "value": [{"value": "bulkId:a"}]},
            ]}),
            BulkOperation("PATCH", "/x/1", data={"Operations": [
                {"op": "remove", "path": 'members[value eq "id-a" or value eq "id-b"]'},
                {"op": "add", "path": "members", "value": [{"value": "id-a"}]},
            ]}),
        ),
        (BulkOperation("POST", "/x", data={"value": "bulkId:c/d e"}),
         BulkOperation("POST", "/x", data={"value": "id-c"})),
    ],
)  # fmt: skip
def test_resolve_references_replaces_every_reference(
    operation: BulkOperation, resolved: BulkOperation
) -> None:
    """Paths, values, references and PATCH filters take the ids of what was made."""
    assert resolve_references(operation, {"a": "id-a", "b": "id-b", "c/d e": "id-c"}) == resolved


@pytest.mark.parametrize(
    "text", ["see bulkId:a", "bulkid:a", "xbulkId:a", "BULKID:a", 'he said "bulkId:a" twice', "bulkId:"]
)
def test_references_are_not_found_in_ordinary_text(text: str) -> None:
    """A title is no reference because it mentions one."""
    operation = BulkOperation("POST", "/Users", data={"title": text})

    assert references(operation) == frozenset()
    assert resolve_references(operation, {"a": "id-a"}) == operation


def test_resolve_references_to_a_failed_operation_is_a_conflict() -> None:
    """What was to be made is not there."""
    operation = BulkOperation("POST", "/Groups", data={"members": [{"value": "bulkId:a"}]})

    with pytest.raises(Conflict, match="'a'"):
        resolve_references(operation, {"b": "id-b"})


@given(st.lists(st.lists(st.integers(0, 7), max_size=3), max_size=8))
def test_order_every_operation_runs_once_after_its_references(graph: list[list[int]]) -> None:
    """Whatever refers to whatever: nothing is lost, nothing comes too early, circles are faults."""
    operations = parsed(*(group(str(index), *map(str, others)) for index, others in enumerate(graph)))

    result = order(operations)

    assert sorted(operation.index for operation in result) == list(range(len(graph)))
    done: set[str] = set()
    for operation in result:
        assert operation.fault is not None or references(operation) <= done
        done.add(operation.bulk_id or "")


@given(json_values())
def test_bulk_any_json_raises_scim_errors_only(payload: Any) -> None:
    """No body makes anything but a ScimError."""
    with suppress(ScimError):
        for operation in order(parse_bulk(payload).operations):
            with suppress(ScimError):
                resolve_references(operation, {"a": "1"})
