"""Paging by index and sorting (RFC 7644 §3.4.2.3 and §3.4.2.4)."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from tests.conformance.answers import case, listed, names
from tests.scim_client import ScimClient

PEOPLE = ["ada", "bruno", "chiara", "dev", "emil"]


@pytest.fixture
def five(scim: ScimClient) -> ScimClient:
    """Make five people."""
    for name in PEOPLE:
        scim.create_user(name)
    return scim


@pytest.mark.compliance("RFC 7644", "3.4.2", "B047 no match is 200 with totalResults 0, not 404")
@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_list_without_a_match_is_empty(scim: ScimClient, endpoint: str) -> None:
    """Nothing found is an answer, not an error."""
    body = listed(scim.get(endpoint, {"filter": 'externalId eq "nobody"'}))

    assert (body["totalResults"], body["Resources"]) == (0, [])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        case("3.4.2.4", "B048 the numbers are integers", {}, (5, 1, 5)),
        case("3.4.2.4", "B049 startIndex below 1 means 1", {"startIndex": "0", "count": "2"}, (5, 1, 2)),
        case("3.4.2.4", "B049 startIndex below 1 means 1", {"startIndex": "-7", "count": "2"}, (5, 1, 2)),
        case("3.4.2.4", "B050 count=0 gives the total alone", {"count": "0"}, (5, 1, 0)),
        case("3.4.2.4", "B051 a negative count means 0", {"count": "-3"}, (5, 1, 0)),
        case("3.4.2.4", "B052 count is an upper bound", {"count": "3"}, (5, 1, 3)),
        case("3.4.2.4", "B052 count is an upper bound", {"startIndex": "4", "count": "3"}, (5, 4, 2)),
        case("3.4.2.4", "B053 beyond the end is empty", {"startIndex": "6"}, (5, 6, 0)),
        case("3.4.2.4", "B053 beyond the end is empty", {"startIndex": "99999999999999999999"}, (5, None, 0)),
        case("3.4.2.4", "B055 a huge count is capped", {"count": "99999999999999999999"}, (5, 1, 5)),
    ],
)
def test_page_holds_what_was_asked_for(
    five: ScimClient, params: dict[str, str], expected: tuple[int, int | None, int]
) -> None:
    """TotalResults counts all matches, itemsPerPage what the page holds; both are integers."""
    body = listed(five.get("/Users", params))

    total, start, per_page = expected
    numbers = [body["totalResults"], body["startIndex"], body["itemsPerPage"]]
    assert [type(number) for number in numbers] == [int, int, int]
    assert numbers == [total, body["startIndex"] if start is None else start, per_page]
    assert len(body["Resources"]) == per_page


@pytest.mark.compliance("RFC 7644", "3.4.2.4", "B055 a huge count is capped, not an error")
def test_page_is_capped_at_the_servers_maximum(five: ScimClient, settings: Any) -> None:
    """A count above MAX_PAGE_SIZE gives a page of that size."""
    settings.DJANGO_PROVISIONING = {"MAX_PAGE_SIZE": 2}

    body = listed(five.get("/Users", {"count": "1000"}))

    assert (body["totalResults"], body["itemsPerPage"]) == (5, 2)


@pytest.mark.compliance(
    "RFC 7644", "3.4.2.4", "B054 a count or startIndex that is no number is no server error"
)
@pytest.mark.parametrize(
    "params", [{"count": "many"}, {"startIndex": "first"}, {"count": "1.5"}, {"count": "0x1"}]
)
def test_page_by_what_is_no_number_is_refused(five: ScimClient, params: dict[str, str]) -> None:
    """A number that is none is the client's error, not the server's."""
    response = five.get("/Users", params)

    assert response.status_code == 400
    assert response.json()["status"] == "400"


@pytest.mark.compliance("RFC 7644", "3.4.2.4", "B056 a walk returns each resource once")
@pytest.mark.parametrize(
    "order", [{}, {"sortBy": "title"}, {"sortBy": "userName", "sortOrder": "descending"}]
)
def test_walk_by_index_returns_each_once(five: ScimClient, order: dict[str, str]) -> None:
    """Pages neither overlap nor leave anybody out, also where the sort key is the same for all."""
    pages = [names(five, startIndex=str(start), count="2", **order) for start in (1, 3, 5)]

    assert sorted(chain.from_iterable(pages)) == PEOPLE
    assert [len(page) for page in pages] == [2, 2, 1]
