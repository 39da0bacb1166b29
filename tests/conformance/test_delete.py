"""Deleting (RFC 7644 §3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import SEARCH, group_body, listed, refusal, user_body
from tests.scim_client import ScimClient

BODIES = {"/Users": user_body("ada"), "/Groups": group_body("Choir")}


@pytest.fixture(params=sorted(BODIES))
def endpoint(request: pytest.FixtureRequest) -> str:
    """Give each endpoint in turn."""
    return str(request.param)


@pytest.fixture
def path(scim: ScimClient, endpoint: str) -> str:
    """Make a resource and give its path."""
    return f"{endpoint}/{scim.post(endpoint, BODIES[endpoint]).json()['id']}"


@pytest.mark.compliance("RFC 7644", "3.6", "B163 DELETE is 204 without a body")
def test_delete_answers_without_a_body(scim: ScimClient, path: str) -> None:
    """There is nothing left to tell."""
    response = scim.delete(path)

    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response


@pytest.mark.compliance("RFC 7644", "3.6", "B164 after DELETE every operation on the id is 404")
def test_deleted_resource_is_not_found(scim: ScimClient, endpoint: str, path: str) -> None:
    """The id answers 404 to everything, a second DELETE included."""
    scim.delete(path)
    operation = {"op": "remove", "path": "externalId"}

    answers = [
        scim.get(path), scim.put(path, BODIES[endpoint]), scim.patch(path, [operation]), scim.delete(path)
    ]  # fmt: skip

    assert [refusal(answer) for answer in answers] == [(404, None)] * 4


@pytest.mark.compliance("RFC 7644", "3.6", "B165 a deleted resource is in no listing")
def test_deleted_resource_is_in_no_list(scim: ScimClient, endpoint: str, path: str) -> None:
    """List, filter, search and root know it no more."""
    scim.delete(path)
    by_id = f'id eq "{path.rpartition("/")[2]}"'

    answers: list[Any] = [
        scim.get(endpoint),
        scim.get(endpoint, {"filter": by_id}),
        scim.post(f"{endpoint}/.search", {"schemas": [SEARCH]}),
        scim.get("/"),
    ]

    assert [listed(answer)["totalResults"] for answer in answers] == [0] * 4


@pytest.mark.compliance("RFC 7644", "3.6", "B166 a deleted resource's userName is free again")
def test_name_of_a_deleted_resource_is_free(scim: ScimClient, endpoint: str, path: str) -> None:
    """The same body can be posted again and gets an id of its own; the old id stays unknown."""
    scim.delete(path)

    again = scim.post(endpoint, BODIES[endpoint])

    assert again.status_code == 201
    assert not path.endswith(again.json()["id"])
    assert refusal(scim.get(path)) == (404, None)


@pytest.mark.compliance("RFC 7644", "3.6", "B167 DELETE of a collection is not allowed")
def test_delete_of_a_collection_is_not_allowed(scim: ScimClient, endpoint: str, path: str) -> None:
    """Nobody deletes everybody."""
    response = scim.delete(endpoint)

    assert refusal(response) == (405, None)
    assert listed(scim.get(endpoint))["totalResults"] == 1
