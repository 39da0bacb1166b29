"""ListResponse and SearchRequest."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from django_provisioning.protocol.errors import InvalidSyntax, InvalidValue, ScimError
from django_provisioning.protocol.messages import (
    MAX_POSITION,
    SEARCH_REQUEST_URN,
    SearchRequest,
    list_response,
    page_size,
)
from django_provisioning.protocol.tolerance import STRICT
from tests.protocol.json_values import json_values


def test_list_response_has_integers_and_the_number_returned() -> None:
    """Every count is an integer, and itemsPerPage is what the page holds."""
    message = list_response([{"id": "1"}, {"id": "2"}], total=12, start_index=3)

    assert message == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 12,
        "startIndex": 3,
        "itemsPerPage": 2,
        "Resources": [{"id": "1"}, {"id": "2"}],
    }


def test_list_response_with_cursors_leaves_out_what_is_unknown() -> None:
    """RFC 9865: cursors come without startIndex, and totalResults may be left out."""
    message = list_response([], start_index=None, next_cursor="n", previous_cursor="p")

    assert message["nextCursor"] == "n"
    assert message["previousCursor"] == "p"
    assert "startIndex" not in message
    assert "totalResults" not in message


@pytest.mark.parametrize(
    ("count", "expected"), [(None, 100), (0, 0), (-3, 0), (5, 5), (200, 200), (MAX_POSITION, 200)]
)
def test_page_size_count_is_an_upper_bound_that_is_capped(count: int | None, expected: int) -> None:
    """No count is the default, zero is none, a huge one the maximum."""
    assert page_size(count, 100, 200) == expected


@pytest.mark.compliance("RFC 7644", "3.4.2.4", "B049 startIndex below 1 means 1")
@pytest.mark.parametrize(
    ("text", "expected"), [("0", 1), ("-7", 1), ("1", 1), ("25", 25), ("9" * 30, MAX_POSITION)]
)
def test_search_request_start_index_is_at_least_one(text: str, expected: int) -> None:
    """A startIndex below 1 means 1; one that no directory reaches is clamped."""
    assert SearchRequest.from_query({"startIndex": text}).start_index == expected


@pytest.mark.compliance("RFC 7644", "3.4.2.4", "B051 a negative count means 0")
@pytest.mark.parametrize(("text", "expected"), [("-1", 0), ("0", 0), ("10", 10), ("", None), (" 5 ", 5)])
def test_search_request_count_is_read(text: str, expected: int | None) -> None:
    """A negative count means 0, an empty one is none."""
    assert SearchRequest.from_query({"count": text}).count == expected


@pytest.mark.compliance(
    "RFC 7644", "3.4.2.4", "B054 a count or startIndex that is no number is no server error"
)
@pytest.mark.parametrize("name", ["count", "startIndex"])
@pytest.mark.parametrize("text", ["ten", "1.5", "1e3", "0x10", "9" * 5000, "1_000", "--1"])
def test_search_request_no_number_is_invalid_value(name: str, text: str) -> None:
    """What is no integer is 400, however long."""
    with pytest.raises(InvalidValue, match=name):
        SearchRequest.from_query({name: text})


def test_search_request_from_query_reads_every_parameter() -> None:
    """All parameters of RFC 7644 §3.4.2 and RFC 9865 are taken; unknown ones are ignored."""
    request = SearchRequest.from_query(
        {
            "filter": 'userName eq "ada"',
            "sortBy": "userName",
            "sortOrder": "Descending",
            "cursor": "",
            "attributes": "userName, name.givenName ,",
            "excludedAttributes": "members",
            "aadOptscim062020": "",
        }
    )

    assert request == SearchRequest(
        filter='userName eq "ada"',
        sort_by="userName",
        descending=True,
        cursor="",
        attributes=("userName", "name.givenName"),
        excluded=("members",),
    )


def test_search_request_from_body_reads_lists_and_ignores_unknown_members() -> None:
    """A body has names in an array, its member names ignore case, and null is absent."""
    request = SearchRequest.from_body(
        {
            "schemas": [SEARCH_REQUEST_URN.upper()],
            "Attributes": ["displayName", "userName"],
            "startIndex": 2,
            "count": 10,
            "filter": None,
            "domain": "x",
        }
    )

    assert request == SearchRequest(attributes=("displayName", "userName"), start_index=2, count=10)


def test_search_request_defaults_to_the_first_page_ascending() -> None:
    """An empty query asks for everything, ascending."""
    assert SearchRequest.from_query({}) == SearchRequest()


@pytest.mark.parametrize("order", ["up", "asc", "descending "])
def test_search_request_unknown_order_is_invalid_value(order: str) -> None:
    """SortOrder is ascending or descending."""
    with pytest.raises(InvalidValue, match="sortOrder"):
        SearchRequest.from_query({"sortOrder": order})


@pytest.mark.parametrize(
    "payload",
    [[], "x", None, {"schemas": ["urn:example:other"]}, {"schemas": SEARCH_REQUEST_URN}, {"schemas": [1]}],
)
def test_search_request_body_that_is_none_is_invalid_syntax(payload: Any) -> None:
    """A body that is no object or names another message is refused."""
    with pytest.raises(InvalidSyntax):
        SearchRequest.from_body(payload)


@pytest.mark.parametrize(
    "member",
    [{"count": True}, {"count": 1.5}, {"filter": 1}, {"attributes": [1]}, {"sortBy": []}, {"cursor": 1}],
)
def test_search_request_body_with_wrong_type_is_invalid_value(member: dict[str, Any]) -> None:
    """Each member has its type; true is no number."""
    with pytest.raises(InvalidValue):
        SearchRequest.from_body(member)


def test_search_request_without_schemas_is_refused_when_strict() -> None:
    """A missing schemas is forgiven by default only."""
    assert SearchRequest.from_body({"count": 1}).count == 1

    with pytest.raises(InvalidSyntax):
        SearchRequest.from_body({"count": 1}, STRICT)


@given(json_values())
def test_search_request_any_json_raises_scim_errors_only(payload: Any) -> None:
    """No body makes anything but a ScimError."""
    with suppress(ScimError):
        SearchRequest.from_body(payload)
