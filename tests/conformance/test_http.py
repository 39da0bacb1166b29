"""HTTP below SCIM: authentication, media types, methods, and bodies that are meant to hurt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.models import Connection
from tests.conformance.answers import ENTERPRISE, group_body, names, read, refusal, user_body
from tests.factories import make_token
from tests.scim_client import ScimClient

ENDPOINTS = [
    "/Users", "/Groups", "/Users/x", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/", "/Me", "/nothing"
]  # fmt: skip


@pytest.mark.compliance("RFC 7644", "2", "B201 no token is 401 with WWW-Authenticate and a SCIM error")
@pytest.mark.parametrize("token", [None, "wrong", "djprov_0123456789ab_" + "x" * 50])
@pytest.mark.parametrize("path", ENDPOINTS)
def test_request_without_a_good_token_is_unauthorized(db: None, path: str, token: str | None) -> None:
    """Every endpoint asks for the token, unknown ones included, and says so as the RFC wants."""
    response = ScimClient(token).get(path)

    assert refusal(response) == (401, None)
    assert response["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.compliance("RFC 7644", "2", "B201 other schemes are 401 with WWW-Authenticate and a SCIM error")
@pytest.mark.parametrize("header", ["Basic YWRhOmFkYQ==", "Bearer", "Bearer  ", "", "{}"])
def test_request_with_another_scheme_is_unauthorized(db: None, header: str) -> None:
    """Only a bearer token opens the SCIM face."""
    response = ScimClient(None).get("/Users", Authorization=header)

    assert refusal(response) == (401, None)
    assert response["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.compliance("RFC 7644", "2", "an expired token is 401")
def test_request_with_an_expired_token_is_unauthorized(connection: Connection) -> None:
    """A token ends when it says."""
    client = ScimClient(make_token(connection, lifetime=timedelta(microseconds=1)))

    assert refusal(client.get("/Users")) == (401, None)


@pytest.mark.compliance("RFC 7644", "2", "a session of the site is no authentication for SCIM")
def test_request_with_a_session_is_unauthorized(db: None) -> None:
    """Not even an administrator's cookie opens the SCIM face, so there is nothing to forge."""
    nobody = ScimClient(None)
    nobody.client.force_login(get_user_model()._default_manager.create_superuser("root", password="x"))

    assert refusal(nobody.post("/Users", user_body("eve"))) == (401, None)


@pytest.mark.compliance("RFC 7644", "3.1", "B202 answers are application/scim+json")
def test_answers_are_scim_json(scim: ScimClient) -> None:
    """Resources, lists, messages and errors have SCIM's media type."""
    user = scim.create_user("ada")
    answers = [
        scim.get("/Users"),
        scim.get(f"/Users/{user['id']}"),
        scim.post("/Groups", group_body("Choir")),
        scim.get("/Schemas"),
        scim.get("/nothing"),
        scim.put("/Users", {}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 404, 405]
    assert {answer["Content-Type"] for answer in answers} == {"application/scim+json"}


@pytest.mark.compliance("RFC 7644", "3.8", "B203 Accept application/json, */* and none are served")
@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "", "application/scim+json", "text/html", "application/xml;q=0.9, */*;q=0.1"],
)
def test_every_accept_header_is_served(scim: ScimClient, accept: str) -> None:
    """The answer is SCIM's whatever the client says it takes."""
    response = scim.get("/Users", Accept=accept)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/scim+json"


@pytest.mark.compliance(
    "RFC 7644", "3.1", "B204 application/json and charset parameters are taken in requests"
)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/scim+json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/SCIM+JSON",
    ],
)
def test_json_by_other_names_is_taken(scim: ScimClient, content_type: str) -> None:
    """A body is JSON under either media type, with or without a charset."""
    response = scim.request("POST", "/Users", user_body("åsa"), content_type=content_type)

    assert (response.status_code, names(scim)) == (201, ["åsa"])


@pytest.mark.compliance("RFC 9110", "15.5.16", "B205 another content type is 415")
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "junk"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_another_media_type_is_refused(scim: ScimClient, method: str, content_type: str) -> None:
    """What does not say that it is JSON is not read."""
    path = "/Users" if method == "POST" else f"/Users/{scim.create_user('bruno')['id']}"

    response = scim.request(method, path, json.dumps(user_body("ada")), content_type=content_type)

    assert refusal(response) == (415, None)
    assert "ada" not in names(scim)


@pytest.mark.compliance("RFC 7644", "3.12", "B206 a method that is not allowed is 405 with a SCIM error")
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/Users"), ("PATCH", "/Groups"), ("GET", "/Users/.search"), ("DELETE", "/"), ("POST", "/Users/x"),
     ("TRACE", "/Users"), ("OPTIONS", "/Users"), ("PROPFIND", "/Users")],
)  # fmt: skip
def test_method_that_is_not_allowed_is_refused(scim: ScimClient, method: str, path: str) -> None:
    """The answer names the methods that are allowed."""
    response = scim.request(method, path)

    assert refusal(response) == (405, None)
    assert method not in response["Allow"].split(", ")


@pytest.mark.compliance("RFC 7644", "3.11", "B207 /Me answers with the caller, 501 or 404, never 500")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "POST"])
def test_me_of_a_connections_token_is_not_implemented(scim: ScimClient, method: str) -> None:
    """The token of a connection is nobody; nothing is read or written under /Me."""
    response = scim.request(method, "/Me")

    assert refusal(response) == ((501, None) if method == "GET" else (405, None))


@pytest.mark.compliance("RFC 7643", "2.3.1", "B208 text is UTF-8 both ways")
@pytest.mark.parametrize("ascii_only", [True, False])
def test_text_is_utf8_both_ways(scim: ScimClient, ascii_only: bool) -> None:
    """Escaped or not, every character comes back, those outside of the basic plane included."""
    text = "Grüße, 你好, שלום, 🐙, e\u0301"
    sent = json.dumps(user_body("ada", displayName=text), ensure_ascii=ascii_only).encode()

    response = scim.request("POST", "/Users", sent)

    assert response.json()["displayName"] == text
    assert text in scim.get("/Users").content.decode("utf-8")


@pytest.mark.compliance("RFC 7644", "3.12", "B209 a NUL or a lone surrogate in a value is no server error")
@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800", r"\udc00x", "a\x00b", "\\ud83d\\ud83d"])
@pytest.mark.parametrize("member", ["userName", "title", "shoeSize"])
def test_text_that_no_database_stores_is_refused(scim: ScimClient, member: str, text: str) -> None:
    """Such a text is the client's error wherever it stands."""
    body = json.dumps(user_body("ada", title="x")).replace("}", f', "{member}": "{text}"}}')

    response = scim.request("POST", "/Users", body)

    assert refusal(response)[0] == 400
    assert names(scim) == []


@pytest.mark.compliance("RFC 7644", "3.12", "B209 a NUL or a lone surrogate in a query is no server error")
@pytest.mark.parametrize("literal", [r"a\u0000b", r"\ud800", "a\x00b"])
@pytest.mark.parametrize("attribute", ["userName", "title", "id", "emails.value"])
def test_filter_for_text_that_no_database_stores_is_answered(
    scim: ScimClient, attribute: str, literal: str
) -> None:
    """Nothing has such a value: an empty list, or 400, never a server error."""
    response = scim.get("/Users", {"filter": f'{attribute} eq "{literal}"'})

    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json()["totalResults"] == 0


@pytest.mark.compliance("RFC 7644", "3.12", "B210 over-long values are 400, not a server error")
@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": "x" * 20_000},
        {"externalId": "x" * 20_000},
        {"name": {"givenName": "x" * 20_000}},
        {"title": "x" * 20_000},
        {ENTERPRISE: {"department": "x" * 20_000}},
        {"emails": [{"value": "x" * 20_000 + "@example.com"}]},
    ],
)
def test_value_that_is_too_long_is_refused(scim: ScimClient, attributes: dict[str, Any]) -> None:
    """The limit is named by 400 invalidValue on POST, PUT and PATCH, and nothing changes."""
    user = scim.create_user("ada")
    path = f"/Users/{user['id']}"

    answers = [
        scim.post("/Users", user_body("bruno") | attributes),
        scim.put(path, user_body("ada") | attributes),
        scim.patch(path, [{"op": "replace", "value": attributes}]),
    ]

    assert [refusal(answer) for answer in answers] == [(400, "invalidValue")] * 3
    assert read(scim, path) == user


@pytest.mark.compliance(
    "RFC 7644", "3.12", "B210 values of some length are stored whole or refused, never cut"
)
@pytest.mark.parametrize("length", [100, 150, 151, 255, 256, 1000])
@pytest.mark.parametrize("member", ["userName", "externalId", "displayName", "name.givenName", "title"])
def test_value_of_some_length_is_stored_whole(scim: ScimClient, member: str, length: int) -> None:
    """Columns of the user model are shorter than texts of SCIM: what is taken comes back whole."""
    text = "x" * length
    parent, _, name = member.rpartition(".")
    attributes = {parent: {name: text}} if parent else {name: text}

    response = scim.post("/Users", user_body("ada") | attributes)

    if response.status_code == 201:
        found = response.json()
        assert (found[parent] if parent else found)[name] == text
    else:
        assert refusal(response) == (400, "invalidValue")


@pytest.mark.compliance("RFC 7644", "3.12", "B211 deeply nested JSON is no server error")
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [65, 5_000, 200_000])
@pytest.mark.parametrize("path", ["/Users", "/Bulk", "/Users/.search"])
def test_nesting_without_end_is_refused(
    scim: ScimClient, path: str, depth: int, opening: str, closing: str
) -> None:
    """No parser is led into the depth."""
    body = '{"userName": "ada", "x": ' + opening * depth + "1" + closing * depth + "}"

    assert refusal(scim.request("POST", path, body)) in ((400, "invalidSyntax"), (413, None))


@pytest.mark.compliance("RFC 8259", "4", "B212 a repeated member name is answered without a server error")
def test_repeated_member_counts_once(scim: ScimClient) -> None:
    """The last of the values counts, as in most parsers."""
    response = scim.request(
        "POST", "/Users", '{"userName": "first", "userName": "last", "USERNAME": "other"}'
    )

    assert response.status_code in (201, 400)
    assert set(names(scim)) <= {"last", "other"}


@pytest.mark.compliance("RFC 7643", "3.1", "B213 meta.location is where the resource is")
def test_location_is_where_the_resource_is(scim: ScimClient) -> None:
    """A GET of meta.location gives the resource itself."""
    for resource in (scim.create_user("ada"), scim.create_group("Choir")):
        location = resource["meta"]["location"]
        path = location.removeprefix("http://testserver/scim/v2")

        assert path != location
        assert read(scim, path) == resource


@pytest.mark.compliance("RFC 7643", "3.1", "B213 meta.location follows SITE_URL")
def test_location_follows_the_sites_url(scim: ScimClient, settings: Any) -> None:
    """Behind a proxy the location is the one that clients can reach."""
    settings.DJANGO_PROVISIONING = {"SITE_URL": "https://app.example.com/"}

    user = scim.create_user("ada")

    assert user["meta"]["location"] == f"https://app.example.com/scim/v2/Users/{user['id']}"


@pytest.mark.compliance("RFC 7643", "2.3.5", "timestamps are dateTimes with an offset")
def test_timestamps_are_datetimes(scim: ScimClient) -> None:
    """Created and lastModified are of now and say their offset."""
    meta = scim.create_user("ada")["meta"]

    created = datetime.fromisoformat(meta["created"])
    assert created.tzinfo is not None
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)
