"""Paging by cursor (RFC 9865)."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import pytest

from tests.conformance.answers import SEARCH, listed, read, refusal
from tests.factories import make_connection, make_token
from tests.scim_client import ScimClient

PEOPLE = ["ada", "bruno", "chiara", "dev", "emil"]


@pytest.fixture
def five(scim: ScimClient) -> ScimClient:
    """Make five people."""
    for name in PEOPLE:
        scim.create_user(name)
    return scim


def first_cursor(client: ScimClient, **params: str) -> str:
    """Give the cursor of the second page."""
    return str(listed(client.get("/Users", {"cursor": "", "count": "2", **params}))["nextCursor"])


def walk(client: ScimClient, **params: str) -> list[list[str]]:
    """Follow nextCursor to the end and give the userNames of each page."""
    pages, cursor = [], ""
    while True:
        body = listed(client.get("/Users", {"cursor": cursor, "count": "2", **params}))
        pages.append([user["userName"] for user in body["Resources"]])
        if "nextCursor" not in body:
            return pages
        cursor = body["nextCursor"]


@pytest.mark.compliance("RFC 9865", "2", "nextCursor is missing on the last page")
@pytest.mark.parametrize(("count", "sizes"), [("2", [2, 2, 1]), ("5", [5]), ("4", [4, 1]), ("100", [5])])
def test_walk_ends_without_a_cursor(five: ScimClient, count: str, sizes: list[int]) -> None:
    """The last page says by its missing cursor that it is the last, also when it is full."""
    pages = walk(five, count=count)

    assert [len(page) for page in pages] == sizes
    assert sorted(chain.from_iterable(pages)) == PEOPLE


@pytest.mark.compliance(
    "RFC 9865", "2", "a page by cursor has no startIndex and no previousCursor on the first"
)
def test_first_page_has_no_index(five: ScimClient) -> None:
    """The first page counts all matches and names the next page alone."""
    body = listed(five.get("/Users", {"cursor": "", "count": "2"}))

    assert body.keys() == {"schemas", "totalResults", "itemsPerPage", "nextCursor", "Resources"}
    assert (body["totalResults"], body["itemsPerPage"]) == (5, 2)


@pytest.mark.compliance("RFC 9865", "2", "cursors are made of unreserved characters of URIs")
@pytest.mark.parametrize("params", [{}, {"sortBy": "userName"}, {"sortBy": "meta.created"}])
def test_cursor_needs_no_encoding(five: ScimClient, params: dict[str, str]) -> None:
    """A cursor can be put into a URL as it is."""
    cursor = first_cursor(five, **params)

    assert re.fullmatch(r"[A-Za-z0-9._~-]+", cursor)


@pytest.mark.compliance("RFC 9865", "2.1", "a cursor that is none is 400 invalidCursor")
@pytest.mark.parametrize("cursor", ["junk", "a~b~c", "~", "0" * 5000, "é"])
def test_cursor_that_is_none_is_refused(five: ScimClient, cursor: str) -> None:
    """What this server did not make is no cursor."""
    assert refusal(five.get("/Users", {"cursor": cursor})) == (400, "invalidCursor")


@pytest.mark.compliance("RFC 9865", "2.1", "a forged or borrowed cursor is 400 invalidCursor")
@pytest.mark.parametrize(
    "change", ["last character", "another filter", "another order", "another endpoint", "another connection"]
)
def test_cursor_of_another_query_is_refused(five: ScimClient, change: str) -> None:
    """A cursor is good for the query and the connection that it was made for."""
    cursor = first_cursor(five)
    client, endpoint, params = five, "/Users", {"cursor": cursor, "count": "2"}
    if change == "last character":
        params["cursor"] = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    elif change == "another filter":
        params["filter"] = "userName pr"
    elif change == "another order":
        params["sortBy"] = "userName"
    elif change == "another endpoint":
        endpoint = "/Groups"
    else:
        client = ScimClient(make_token(make_connection()))

    assert refusal(client.get(endpoint, params)) == (400, "invalidCursor")


@pytest.mark.compliance("RFC 9865", "2.1", "a cursor past its time is 400 expiredCursor")
def test_cursor_past_its_time_is_refused(five: ScimClient, settings: Any) -> None:
    """CursorTimeout is held."""
    cursor = first_cursor(five)

    settings.DJANGO_PROVISIONING = {"CURSOR_TIMEOUT_SECONDS": -1}

    assert refusal(five.get("/Users", {"cursor": cursor})) == (400, "expiredCursor")


@pytest.mark.compliance("RFC 9865", "2", "count may change within a walk; 0 gives no resources")
def test_walk_with_changing_counts_returns_each_once(five: ScimClient) -> None:
    """The size of a page is no part of the cursor."""
    cursor = first_cursor(five)

    rest = listed(five.get("/Users", {"cursor": cursor, "count": "3"}))
    none = listed(five.get("/Users", {"cursor": "", "count": "0"}))

    assert (len(rest["Resources"]), "nextCursor" in rest) == (3, False)
    assert (none["totalResults"], none["Resources"]) == (5, [])


@pytest.mark.compliance("RFC 9865", "2.2", "a sorted walk returns each resource once, in order")
@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("sort_by", ["userName", "title", "meta.created", "name.familyName", "emails"])
def test_sorted_walk_returns_each_once(scim: ScimClient, sort_by: str, order: str) -> None:
    """The pages of a walk are the pages of the list, also over equal and missing values."""
    for name, title in zip(PEOPLE, ["Boss", None, "Clerk", "clerk", None], strict=True):
        scim.create_user(
            name, title=title, name={"familyName": title}, emails=[{"value": title}] if title else []
        )
    params = {"sortBy": sort_by, "sortOrder": order}

    pages = walk(scim, **params)

    whole = [user["userName"] for user in listed(scim.get("/Users", params))["Resources"]]
    assert list(chain.from_iterable(pages)) == whole
    assert sorted(whole) == PEOPLE


@pytest.mark.compliance(
    "RFC 9865", "2", "a walk returns each resource once while others are inserted and deleted"
)
@pytest.mark.parametrize("params", [{}, {"sortBy": "userName"}])
def test_walk_during_inserts_returns_each_once(five: ScimClient, params: dict[str, str]) -> None:
    """Whoever was there from the beginning to the end is listed exactly once."""
    seen: list[str] = []
    cursor: str | None = ""
    number = 0
    while cursor is not None:
        body = listed(five.get("/Users", {"cursor": cursor, "count": "2", **params}))
        seen += [user["userName"] for user in body["Resources"]]
        cursor = body.get("nextCursor")
        number += 1
        if number <= 3:
            five.create_user(f"aa{number}")
            five.create_user(f"zz{number}")

    assert len(seen) == len(set(seen))
    assert set(PEOPLE) <= set(seen)


@pytest.mark.compliance("RFC 9865", "2", "a walk goes on after the resource at its cursor was deleted")
def test_walk_goes_on_after_a_delete(five: ScimClient) -> None:
    """The position outlives the resource that marked it; nobody else is left out."""
    body = listed(five.get("/Users", {"cursor": "", "count": "2", "sortBy": "userName"}))
    five.delete(f"/Users/{body['Resources'][-1]['id']}")

    rest = listed(five.get("/Users", {"cursor": body["nextCursor"], "sortBy": "userName"}))

    assert [user["userName"] for user in rest["Resources"]] == ["chiara", "dev", "emil"]


@pytest.mark.compliance("RFC 9865", "3", "cursors work in .search")
@pytest.mark.parametrize("endpoint", ["/Users/.search", "/.search"])
def test_search_walks_by_cursor(five: ScimClient, endpoint: str) -> None:
    """The body of a search takes cursor and count, on an endpoint and on the root."""
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"schemas": [SEARCH], "filter": "userName pr", "cursor": cursor, "count": 2}
        body = listed(five.post(endpoint, query))
        seen += [user["userName"] for user in body["Resources"]]
        cursor = body.get("nextCursor")

    assert sorted(seen) == PEOPLE


@pytest.mark.compliance("RFC 9865", "3", "a bad cursor in .search is 400 invalidCursor")
@pytest.mark.parametrize("endpoint", ["/Users/.search", "/.search"])
def test_search_with_a_bad_cursor_is_refused(five: ScimClient, endpoint: str) -> None:
    """The body's cursor is held to the same rules."""
    assert refusal(five.post(endpoint, {"schemas": [SEARCH], "cursor": "junk"})) == (400, "invalidCursor")


@pytest.mark.compliance("RFC 9865", "2.4", "a request without cursor is paged by index")
def test_list_without_cursor_is_paged_by_index(five: ScimClient) -> None:
    """Index paging stays the default for clients that know nothing of cursors."""
    body = listed(five.get("/Users", {"count": "2"}))

    assert body["startIndex"] == 1
    assert "nextCursor" not in body


@pytest.mark.compliance("RFC 9865", "4", "ServiceProviderConfig announces pagination")
def test_service_provider_config_announces_cursors(scim: ScimClient, settings: Any) -> None:
    """Both methods, the default and the limits that are held."""
    settings.DJANGO_PROVISIONING = {"DEFAULT_PAGE_SIZE": 7, "MAX_PAGE_SIZE": 9, "CURSOR_TIMEOUT_SECONDS": 60}

    assert read(scim, "/ServiceProviderConfig")["pagination"] == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 7,
        "maxPageSize": 9,
        "cursorTimeout": 60,
    }
