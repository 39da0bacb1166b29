"""Bulk (RFC 7644 §3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.answers import (
    BULK,
    MESSAGES,
    PATCH_OP,
    group_body,
    member_ids,
    names,
    read,
    refusal,
    user_body,
)
from tests.scim_client import ScimClient


def _post(bulk_id: str, body: dict[str, Any], path: str = "/Users") -> dict[str, Any]:
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": body}


def _patch(path: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "method": "PATCH",
        "path": path,
        "data": {"schemas": [PATCH_OP], "Operations": list(operations)},
        **more,
    }


def run(client: ScimClient, *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Run a job that must be answered 200 and give the results."""
    response = client.post("/Bulk", {"schemas": [BULK], "Operations": list(operations), **more})
    body = response.json()
    assert response.status_code == 200, body
    assert body["schemas"] == [f"{MESSAGES}:BulkResponse"]
    return list(body["Operations"])


@pytest.mark.compliance(
    "RFC 7644", "3.7", "B168 a POST in a job is answered with bulkId, location and status 201 as a string"
)
def test_bulk_post_is_answered_with_its_location(scim: ScimClient) -> None:
    """The result says which operation it answers, and where the resource is."""
    [result] = run(scim, _post("one", user_body("ada")))

    user = read(scim, f"/Users/{result['location'].rpartition('/')[2]}")
    assert (result["method"], result["bulkId"], result["status"]) == ("POST", "one", "201")
    assert result["location"] == user["meta"]["location"]
    assert result["version"] == user["meta"]["version"]


@pytest.mark.compliance("RFC 7644", "3.7.2", "B169 bulkId: references to later operations resolve")
@pytest.mark.parametrize("group_first", [True, False])
def test_bulk_reference_in_data_resolves(scim: ScimClient, group_first: bool) -> None:
    """A group can name a member that the job makes after it; results keep the order of the request."""
    operations = [
        _post("choir", group_body("Choir", "bulkId:ada"), "/Groups"),
        _post("ada", user_body("ada")),
    ]

    results = run(scim, *(operations if group_first else operations[::-1]))

    by_id = {result["bulkId"]: result for result in results}
    ids = {name: result["location"].rpartition("/")[2] for name, result in by_id.items()}
    assert [result["status"] for result in results] == ["201", "201"]
    assert list(by_id) == (["choir", "ada"] if group_first else ["ada", "choir"])
    assert member_ids(read(scim, f"/Groups/{ids['choir']}")) == {ids["ada"]}


@pytest.mark.compliance("RFC 7644", "3.7.2", "B170 bulkId: references in a path resolve")
def test_bulk_reference_in_a_path_resolves(scim: ScimClient) -> None:
    """An operation can speak of the resource that another one makes."""
    results = run(
        scim,
        _post("ada", user_body("ada")),
        _patch("/Users/bulkId:ada", {"op": "add", "path": "title", "value": "Boss"}),
    )

    assert [result["status"] for result in results] == ["201", "200"]
    assert results[1]["location"] == results[0]["location"]
    assert read(scim, f"/Users/{results[0]['location'].rpartition('/')[2]}")["title"] == "Boss"


@pytest.mark.compliance("RFC 7644", "3.7.1", "B171 circular bulkId: references resolve or are 409")
def test_bulk_circle_is_a_conflict(scim: ScimClient) -> None:
    """Two groups that are each other's members cannot be made; what is outside of the circle is."""
    results = run(
        scim,
        _post("a", group_body("A", "bulkId:b"), "/Groups"),
        _post("b", group_body("B", "bulkId:a"), "/Groups"),
        _post("c", user_body("chiara")),
    )

    assert [result["status"] for result in results] == ["409", "409", "201"]


@pytest.mark.compliance("RFC 7644", "3.7.2", "B172 an unresolvable bulkId: is an error of that operation")
def test_bulk_unknown_reference_is_that_operations_error(scim: ScimClient) -> None:
    """The reference names no operation, or one that failed."""
    scim.create_user("taken")
    results = run(
        scim,
        _post("a", group_body("A", "bulkId:nobody"), "/Groups"),
        _post("taken", user_body("taken")),
        _post("b", group_body("B", "bulkId:taken"), "/Groups"),
        _post("ada", user_body("ada")),
    )

    assert [result["status"] for result in results] == ["400", "409", results[2]["status"], "201"]
    assert results[2]["status"] in ("400", "409")
    assert results[0]["response"]["schemas"] == [f"{MESSAGES}:Error"]


@pytest.mark.compliance("RFC 7644", "3.7.3", "B173 without failOnErrors the job goes on")
def test_bulk_goes_on_after_errors(scim: ScimClient) -> None:
    """Every operation is tried."""
    results = run(scim, _post("a", user_body("")), _post("b", user_body("")), _post("c", user_body("chiara")))

    assert [result["status"] for result in results] == ["400", "400", "201"]
    assert results[0]["response"]["status"] == "400"
    assert results[0]["response"]["scimType"] == "invalidValue"


@pytest.mark.compliance("RFC 7644", "3.7.3", "B174 failOnErrors=1 stops at the first error")
def test_bulk_stops_at_the_number_of_errors(scim: ScimClient) -> None:
    """What was done stays done, what comes after is not tried and not answered."""
    results = run(
        scim,
        _post("a", user_body("ada")),
        _post("b", user_body("")),
        _post("c", user_body("chiara")),
        failOnErrors=1,
    )

    assert [result["status"] for result in results] == ["201", "400"]
    assert names(scim) == ["ada"]


@pytest.mark.compliance("RFC 7644", "3.7", "B175 PUT, PATCH and DELETE in one job")
def test_bulk_runs_every_method(scim: ScimClient) -> None:
    """Each operation does what the request alone would do."""
    ada, bruno, chiara = (scim.create_user(name)["id"] for name in ("ada", "bruno", "chiara"))

    results = run(
        scim,
        {"method": "PUT", "path": f"/Users/{ada}", "data": user_body("ada", title="Boss")},
        _patch(f"/Users/{bruno}", {"op": "add", "path": "title", "value": "Clerk"}),
        {"method": "DELETE", "path": f"/Users/{chiara}"},
    )

    assert [result["status"] for result in results] == ["200", "200", "204"]
    assert [read(scim, f"/Users/{one}")["title"] for one in (ada, bruno)] == ["Boss", "Clerk"]
    assert names(scim, sortBy="userName") == ["ada", "bruno"]


@pytest.mark.compliance("RFC 7644", "3.7", "B176 an operation on an unknown id is a 404 in its place")
def test_bulk_unknown_id_is_not_found_in_its_place(scim: ScimClient) -> None:
    """The other operations run."""
    results = run(
        scim,
        {"method": "DELETE", "path": "/Users/nobody"},
        _post("a", user_body("ada")),
        _patch("/Groups/nothing", {"op": "add", "path": "displayName", "value": "x"}),
        _post("d", {"serial": "1"}, "/Devices"),
    )

    assert [result["status"] for result in results] == ["404", "201", "404", "404"]


@pytest.mark.compliance("RFC 7644", "3.7.3", "B177 location is given for failed operations other than POST")
def test_bulk_failure_says_where(scim: ScimClient) -> None:
    """A failed POST has no place, every other failure has."""
    user = scim.create_user("ada")
    results = run(
        scim,
        _patch(f"/Users/{user['id']}", {"op": "remove"}),
        _post("b", user_body("")),
    )

    assert [result["status"] for result in results] == ["400", "400"]
    assert results[0]["location"] == user["meta"]["location"]
    assert "location" not in results[1]


@pytest.mark.compliance("RFC 7644", "3.7", "B178 a stale version of an operation is 412 in its place")
def test_bulk_stale_version_is_refused(scim: ScimClient) -> None:
    """Version is the operation's If-Match."""
    user = scim.create_user("ada")
    path = f"/Users/{user['id']}"
    title = {"op": "add", "path": "title", "value": "Boss"}

    results = run(
        scim,
        _patch(path, title, version=user["meta"]["version"]),
        _patch(path, {**title, "value": "Clerk"}, version=user["meta"]["version"]),
        {"method": "DELETE", "path": path, "version": user["meta"]["version"]},
    )

    assert [result["status"] for result in results] == ["200", "412", "412"]
    assert read(scim, path)["title"] == "Boss"
    assert results[0]["version"] == read(scim, path)["meta"]["version"]


@pytest.mark.compliance("RFC 7644", "3.7", "B179 a POST without bulkId is an error, the others run")
def test_bulk_post_without_bulk_id_is_refused(scim: ScimClient) -> None:
    """BulkId is required for POST: without it the client could not tell the answers apart."""
    results = run(
        scim, {"method": "POST", "path": "/Users", "data": user_body("ada")}, _post("b", user_body("bruno"))
    )

    assert [result["status"] for result in results] == ["400", "201"]
    assert names(scim) == ["bruno"]


@pytest.mark.compliance("RFC 7644", "3.7.4", "B180 more than maxOperations is 413")
def test_bulk_with_too_many_operations_is_refused(scim: ScimClient, settings: Any) -> None:
    """Nothing of a job is run that is longer than ServiceProviderConfig says."""
    settings.DJANGO_PROVISIONING = {"MAX_BULK_OPERATIONS": 1}
    job = {"schemas": [BULK], "Operations": [_post("a", user_body("ada")), _post("b", user_body("bruno"))]}

    response = scim.post("/Bulk", job)

    assert read(scim, "/ServiceProviderConfig")["bulk"]["maxOperations"] == 1
    assert refusal(response) == (413, None)
    assert names(scim) == []


@pytest.mark.compliance("RFC 7644", "3.7.4", "B180 more than maxPayloadSize is 413")
def test_bulk_with_too_many_bytes_is_refused(scim: ScimClient, settings: Any) -> None:
    """The size that ServiceProviderConfig announces is the one that is held."""
    settings.DJANGO_PROVISIONING = {"MAX_BODY_BYTES": 200}
    job = {"schemas": [BULK], "Operations": [_post("a", user_body("ada", title="x" * 200))]}

    response = scim.post("/Bulk", job)

    assert read(scim, "/ServiceProviderConfig")["bulk"]["maxPayloadSize"] == 200
    assert refusal(response) == (413, None)


@pytest.mark.compliance("RFC 7644", "3.7", "B181 what is no job is refused, never a server error")
@pytest.mark.parametrize(
    "body", [{}, [], {"schemas": [BULK]}, {"schemas": [BULK], "Operations": "none"}, "{"]
)
def test_bulk_that_is_no_job_is_refused(scim: ScimClient, body: Any) -> None:
    """A body that is no BulkRequest is 400."""
    assert refusal(scim.request("POST", "/Bulk", body or str(body)))[0] == 400


@pytest.mark.compliance("RFC 7644", "3.7", "B181 what is no operation is refused in its place")
@pytest.mark.parametrize(
    "operation",
    [{}, {"method": "GET", "path": "/Users"}, {"method": "POST"}, {"method": "DELETE", "path": "/Users"}, 7,
     {"method": "POST", "path": "/Bulk", "bulkId": "a", "data": {}}],
)  # fmt: skip
def test_bulk_operation_that_is_none_is_refused_in_its_place(scim: ScimClient, operation: Any) -> None:
    """The rest of the job runs."""
    results = run(scim, operation, _post("z", user_body("ada")))

    assert results[0]["status"] in ("400", "404", "405")
    assert results[1]["status"] == "201"


@pytest.mark.compliance("RFC 7644", "3.7", "B181 the endpoint takes POST alone")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_bulk_takes_no_other_method(scim: ScimClient, method: str) -> None:
    """There is nothing to read or change under /Bulk."""
    assert refusal(scim.request(method, "/Bulk")) == (405, None)
