"""Reading (RFC 7644 §3.4.1): unknown ids, unknown endpoints, no redirects."""

from __future__ import annotations

import pytest

from tests.conformance.answers import refusal
from tests.scim_client import ScimClient


@pytest.mark.compliance("RFC 7644", "3.4.1", "B098 an unknown id is a 404 SCIM error with status as a string")
@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_read_of_an_unknown_id_is_not_found(scim: ScimClient, endpoint: str) -> None:
    """An id that nothing has is 404."""
    response = scim.get(f"{endpoint}/7f1c8a52-6f0f-4d7a-9b65-0c2d9f7c3f10")

    assert refusal(response) == (404, None)


@pytest.mark.compliance("RFC 7644", "3.4.1", "B099 ids that are no ids of the server are 404, not 400 or 500")
@pytest.mark.parametrize(
    "scim_id",
    [
        "0",
        "1",
        "-1",
        "abc",
        "x" * 2000,
        "%00",
        "%27%20OR%201=1",
        "%F0%9F%90%99",
        "%FF",
        "99999999999999999999",
    ],
)
@pytest.mark.parametrize("endpoint", ["/Users", "/Groups"])
def test_read_of_no_id_of_ours_is_not_found(scim: ScimClient, endpoint: str, scim_id: str) -> None:
    """Whatever stands in the place of the id, it is an id that nothing has."""
    scim.create_user("ada")

    response = scim.get(f"{endpoint}/{scim_id}")

    assert refusal(response) == (404, None)


@pytest.mark.compliance("RFC 7644", "3.4.1", "B100 a user's id is not found under Groups")
def test_read_of_an_id_of_another_type_is_not_found(scim: ScimClient) -> None:
    """An id belongs to its resource type."""
    user = scim.create_user("ada")
    group = scim.create_group("Choir")

    assert refusal(scim.get(f"/Groups/{user['id']}")) == (404, None)
    assert refusal(scim.get(f"/Users/{group['id']}")) == (404, None)


@pytest.mark.compliance("RFC 7644", "3.12", "B101 an unknown endpoint is a 404 SCIM error")
@pytest.mark.parametrize(
    "path", ["/Devices", "/users", "/Users/a/b/c", "/nothing", "/Users.json", "/Devices/.search"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_endpoint_is_not_found(scim: ScimClient, path: str, method: str) -> None:
    """What is no endpoint is answered by SCIM, not by the site's HTML page."""
    response = scim.request(method, path, {"schemas": []} if method == "POST" else None)

    assert refusal(response) == (404, None)


@pytest.mark.compliance("RFC 7644", "3.4.2", "B102 no redirect for the documented paths")
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "path",
    [
        "/Users",
        "/Groups",
        "/Users/{}",
        "/ServiceProviderConfig",
        "/Schemas",
        "/ResourceTypes",
        "/ResourceTypes/User",
    ],
)
def test_documented_paths_are_served_without_redirect(scim: ScimClient, path: str, slash: str) -> None:
    """With and without a trailing slash, the path itself answers: a redirected POST would lose its body."""
    user = scim.create_user("ada")

    response = scim.get(path.format(user["id"]) + slash)

    assert response.status_code == 200


@pytest.mark.compliance("RFC 7644", "3.4.2", "B102 no redirect for the base URL")
def test_base_url_is_served_without_redirect(scim: ScimClient) -> None:
    """The base URL answers with every resource type."""
    assert scim.get("/").status_code == 200
