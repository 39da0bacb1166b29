"""Queries in a body and over all resource types (RFC 7644 §3.4.2.1 and §3.4.3)."""

from __future__ import annotations

import pytest

from tests.conformance.answers import SEARCH, listed, refusal
from tests.scim_client import ScimClient


@pytest.mark.compliance("RFC 7644", "3.4.3", "B074 POST /Users/.search runs a query")
def test_search_answers_as_the_query_string_does(scim: ScimClient) -> None:
    """Filter, order, page and selection of a search body mean what they mean in a URL."""
    for name in ("ada", "bruno", "chiara"):
        scim.create_user(name, title="Engineer")
    query = {
        "filter": "title pr",
        "sortBy": "userName",
        "sortOrder": "descending",
        "startIndex": 2,
        "count": 2,
    }

    body = listed(scim.post("/Users/.search", {"schemas": [SEARCH], "attributes": ["userName"], **query}))

    assert [user["userName"] for user in body["Resources"]] == ["bruno", "ada"]
    assert [user.keys() for user in body["Resources"]] == [{"schemas", "id", "userName"}] * 2
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (3, 2, 2)


@pytest.mark.compliance("RFC 7644", "3.4.3", "B075 POST /.search queries all resource types")
def test_root_search_finds_users_and_groups(scim: ScimClient) -> None:
    """A search on the root lists what matches whatever its type."""
    scim.create_user("ada", externalId="x-1")
    scim.create_user("bruno", externalId="x-2")
    scim.create_group("Choir", externalId="x-1")

    body = listed(scim.post("/.search", {"schemas": [SEARCH], "filter": 'externalId eq "x-1"'}))

    assert sorted(one["meta"]["resourceType"] for one in body["Resources"]) == ["Group", "User"]
    assert body["totalResults"] == 2


@pytest.mark.compliance("RFC 7644", "3.4.2.1", "B076 GET on the root queries all resource types")
def test_root_query_finds_users_and_groups(scim: ScimClient) -> None:
    """A GET on the base URL lists every resource, and pages through all types as one list."""
    scim.create_user("ada")
    scim.create_group("Choir")

    everything = listed(scim.get("/"))
    pages = [listed(scim.get("/", {"startIndex": str(start), "count": "1"}))["Resources"] for start in (1, 2)]

    assert everything["totalResults"] == 2
    assert [one["id"] for page in pages for one in page] == [one["id"] for one in everything["Resources"]]


@pytest.mark.compliance("RFC 7644", "3.4.3", "B077 a search with a bad filter is 400 invalidFilter")
@pytest.mark.parametrize("endpoint", ["/Users/.search", "/Groups/.search", "/.search"])
def test_search_with_a_bad_filter_is_refused(scim: ScimClient, endpoint: str) -> None:
    """A filter in a body is held to the same rules."""
    response = scim.post(endpoint, {"schemas": [SEARCH], "filter": 'shoeSize eq "'})

    assert refusal(response) == (400, "invalidFilter")
