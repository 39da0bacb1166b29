"""URLs that nobody should send: filters, paging parameters, ids, methods and headers (RFC 7644 §3.4, §3.12)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.scim.answers import require_error
from tests.scim.scenes import make_tenant, search_body
from tests.scim.tables import stored_rows

pytestmark = pytest.mark.django_db

_FILTERS = {
    "unknown attribute": 'shoeSize eq "38"',
    "unknown sub-attribute": 'name.shoe eq "38"',
    "unknown attribute beside a known one": 'userName pr or shoeSize eq "38"',
    "unknown extension": 'urn:example:2.0:User:shoeSize eq "38"',
    "Django look-up": 'user__is_superuser eq true',
    "Django look-up with a dot": 'user.is_superuser eq true',
    "Q connector": '_connector eq "OR"',
    "primary key": "pk eq 1",
    "column": 'user_name_key eq "ada@example.com"',
    "password": 'password sw "a"',
    "empty": "",
    "white space": "   ",
    "no operator": "userName",
    "no value": "userName eq",
    "unknown operator": 'userName like "a%"',
    "unquoted": "userName eq ada",
    "single quotes": "userName eq 'ada'",
    "open quote": 'userName eq "ada',
    "open bracket": '(userName pr',
    "closed bracket": 'userName pr)',
    "empty brackets": "()",
    "trailing and": "userName pr and",
    "not without brackets": "not userName pr",
    "SQL": "userName eq \"a\"; DROP TABLE auth_user; --",
    "1,000 brackets": "(" * 1_000 + "userName pr" + ")" * 1_000,
    "1,000 open brackets": "(" * 1_000,
    "1,000 nots": "not (" * 1_000 + "userName pr" + ")" * 1_000,
    "1,000 value paths": "emails[" * 1_000,
    "500 terms": " or ".join(["userName pr"] * 500),
    "100 kB": 'userName eq "' + "a" * 100_000 + '"',
    "100 kB of spaces": "userName eq" + " " * 100_000 + '"a"',
    "100 kB of a name": "a" * 100_000 + ' eq "a"',
    "raw NUL": 'userName eq "a\0"',
    "escaped NUL": r'userName eq "a\u0000"',
    "NUL as a name": '\0 eq "a"',
    "high surrogate": r'userName eq "\ud800"',
    "low surrogate": r'userName eq "\udc00"',
    "bad escape": r'userName eq "\x"',
    "bad date": 'meta.created gt "yesterday"',
    "date without a zone": 'meta.created gt "2026-01-01T00:00:00"',
    "year 10000": 'meta.created gt "10000-01-01T00:00:00Z"',
    "date as a number": "meta.created gt 5",
    "ordered boolean": "active gt true",
    "boolean as text": 'active eq "perhaps"',
    "complex": 'name eq "Ada"',
    "brackets on a simple attribute": 'userName[value eq "a"]',
    "ordered null": "userName gt null",
    "computed": 'meta.location eq "x"',
    "5,000 digits": "userName eq " + "9" * 5_000,
    "NaN": "userName eq NaN",
    "array": 'userName eq ["a"]',
    "object": 'userName eq {"a": 1}',
}  # fmt: skip
_PATIENCE_SECONDS = 5


@pytest.mark.parametrize("text", _FILTERS.values(), ids=_FILTERS)
@pytest.mark.compliance("RFC 7644", "3.4.2.2", "B035 syntax errors are 400 invalidFilter")
def test_filter_invalid_is_invalid_filter_everywhere(text: str) -> None:
    """A filter that is not understood finds nobody: 400 invalidFilter in the query, in .search and on the root."""
    tenant = make_tenant()
    before = stored_rows()
    started = time.monotonic()

    answers = [
        tenant.client.get("/Users", {"filter": text}),
        tenant.client.get("/", {"filter": text}),
        tenant.client.post("/Users/.search", search_body(filter=text.replace("\0", r"\u0000"))),
        tenant.client.post("/.search", search_body(filter=text.replace("\0", r"\u0000"))),
    ]

    for answer in answers:
        require_error(answer, 400, "invalidFilter")
    assert time.monotonic() - started < _PATIENCE_SECONDS
    assert stored_rows() == before


@pytest.mark.parametrize(
    "text", ['shoeSize eq "38"', 'userName eq "ada@example.com"', "members[", 'displayName like "a"']
)
@pytest.mark.compliance("RFC 7644", "3.4.2.2", "B037i an unknown attribute in a filter is 400 invalidFilter")
def test_group_filter_invalid_is_invalid_filter(text: str) -> None:
    """An attribute that groups do not have is unknown to their filters."""
    tenant = make_tenant()

    answer = tenant.client.get("/Groups", {"filter": text})

    require_error(answer, 400, "invalidFilter")


_HUGE = ["2147483647", "2147483648", "9223372036854775808", "9" * 40]
_NO_NUMBERS = ["x", "1.5", "1e3", "0x10", "NaN", "--1", "1 2", "٣", "9" * 5_000, "[]", "true", "\0"]


@pytest.mark.parametrize("value", _HUGE)
@pytest.mark.parametrize("path", ["/Users", "/Groups", "/"])
@pytest.mark.compliance("RFC 7644", "3.4.2.4", "B055 a huge count is capped, not an error")
def test_paging_huge_number_is_capped(path: str, value: str) -> None:
    """A count or startIndex beyond every directory is answered, with all or nothing."""
    tenant = make_tenant()

    counted = tenant.client.get(path, {"count": value})
    started = tenant.client.get(path, {"startIndex": value})

    assert counted.status_code == started.status_code == 200
    assert counted.json()["itemsPerPage"] == counted.json()["totalResults"] > 0
    assert (started.json()["Resources"], started.json()["totalResults"]) == (
        [],
        counted.json()["totalResults"],
    )


@pytest.mark.parametrize("value", ["-1", "-2147483649", "-" + "9" * 40, "0"])
@pytest.mark.parametrize("path", ["/Users", "/Groups", "/"])
@pytest.mark.compliance("RFC 7644", "3.4.2.4", "B051 a negative count means 0")
def test_paging_negative_number_is_the_least(path: str, value: str) -> None:
    """StartIndex below 1 means 1, count below 0 means 0."""
    tenant = make_tenant()

    counted = tenant.client.get(path, {"count": value})
    started = tenant.client.get(path, {"startIndex": value})

    assert counted.json()["Resources"] == []
    assert started.json()["startIndex"] == 1
    assert counted.json()["totalResults"] == started.json()["itemsPerPage"] > 0


@pytest.mark.parametrize("value", _NO_NUMBERS, ids=[repr(value[:9]) for value in _NO_NUMBERS])
@pytest.mark.parametrize("name", ["count", "startIndex"])
@pytest.mark.compliance(
    "RFC 7644", "3.4.2.4", "B054 a count or startIndex that is no number is no server error"
)
def test_paging_no_number_is_invalid_value(name: str, value: str) -> None:
    """What is no number is 400 invalidValue on every list."""
    tenant = make_tenant()

    for path in ("/Users", "/Groups", "/"):
        require_error(tenant.client.get(path, {name: value}), 400, "invalidValue")


@pytest.mark.parametrize(
    ("params", "scim_type"),
    [
        ({"sortBy": "shoeSize"}, "invalidValue"),
        ({"sortBy": "name"}, "invalidValue"),
        ({"sortBy": "password"}, "invalidValue"),
        ({"sortBy": "user__password"}, "invalidValue"),
        ({"sortBy": "?"}, "invalidValue"),
        ({"sortBy": "\0"}, "invalidValue"),
        ({"sortBy": "a" * 100_000}, "invalidValue"),
        ({"sortOrder": "up"}, "invalidValue"),
        ({"attributes": "userName", "excludedAttributes": "emails"}, "invalidValue"),
        ({"cursor": "x"}, "invalidCursor"),
        ({"cursor": "\0"}, "invalidCursor"),
        ({"cursor": "é~ü~漢"}, "invalidCursor"),
        ({"cursor": "a" * 100_000}, "invalidCursor"),
        ({"cursor": "W10~1tABCD~x"}, "invalidCursor"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_list_parameter_invalid_has_its_scim_type(params: dict[str, str], scim_type: str) -> None:
    """Sorting, selection and cursors that cannot be understood are 400 with their keyword."""
    tenant = make_tenant()

    answer = tenant.client.get("/Users", params)

    require_error(answer, 400, scim_type)


@pytest.mark.parametrize(
    "names",
    ["\0", "a" * 100_000, ",,,,", "user\r\nName", "x[y eq 1]", "%", "urn:", ".", "é"],
    ids=lambda v: repr(v)[:20],
)
@pytest.mark.compliance("RFC 7644", "3.9", "B070 an unknown attribute name selects nothing and is no error")
def test_selection_of_odd_names_selects_nothing(names: str) -> None:
    """Names that no schema has select nothing: no error, and nothing that was not asked for."""
    tenant = make_tenant()

    chosen = tenant.client.get(tenant.user_path, {"attributes": names})
    dropped = tenant.client.get(tenant.user_path, {"excludedAttributes": names})

    assert chosen.status_code == dropped.status_code == 200
    assert chosen.json()["id"] == dropped.json()["id"] == tenant.user["id"]
    assert dropped.json()["userName"] == "ada@example.com"


_IDS = [
    "1", "0", "-1", "%00", "a%00b", "%0a", "%0d%0aX-Header:%20x", "%ed%a0%80", "%ff", "%2e%2e", "..", "'", "%25", "*",
    "null", "undefined", "None", "x" * 5_000, "00000000-0000-0000-0000-000000000000", "{id}", "%7B%7D", "a;b", "é",
    "%E2%80%AE", "bulkId:x", "true", "1e400", "9" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("scim_id", _IDS, ids=[value[:25] for value in _IDS])
@pytest.mark.compliance("RFC 7644", "3.4.1", "B099 ids that are no ids of the server are 404, not 400 or 500")
def test_id_that_is_none_is_404_for_every_method(scim_id: str) -> None:
    """An id is opaque text: one that nobody has is 404, whatever characters it has."""
    tenant = make_tenant()
    before = stored_rows()

    for endpoint in ("/Users", "/Groups"):
        body = {"userName": "bob@example.com", "displayName": "Bob"}
        operation = [{"op": "replace", "path": "displayName", "value": "x"}]
        require_error(tenant.client.get(f"{endpoint}/{scim_id}"), 404)
        require_error(tenant.client.put(f"{endpoint}/{scim_id}", body), 404)
        require_error(tenant.client.patch(f"{endpoint}/{scim_id}", operation), 404)
        require_error(tenant.client.delete(f"{endpoint}/{scim_id}"), 404)

    assert stored_rows() == before


_PATHS = [
    "/Nothing", "/users", "/USERS", "/Users2", "/Users/a/b", "/Users//", "//Users", "/%00", "/Users%00", "/x%0ay",
    "/%0a", "/Users/%0a/x", "/Users%0a", "/é", "/%ff", "/.search2",
    "/Users/.search/x", "/Bulk/x", "/ServiceProviderConfig/x", "/admin/", "/../../admin/", "/x" * 2_000,
]  # fmt: skip


@pytest.mark.parametrize("path", _PATHS, ids=[path[:25] for path in _PATHS])
@pytest.mark.compliance("RFC 7644", "3.12", "B101 an unknown endpoint is a 404 SCIM error")
def test_path_that_is_none_is_a_scim_404(path: str) -> None:
    """Every path under the prefix is ours: an unknown one is a SCIM error, never the project's page."""
    tenant = make_tenant()

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = tenant.client.request(method, path, {"userName": "x"} if method != "GET" else None)

        require_error(answer, 404)


_ROUTES = {
    "/Users": ["GET", "POST"], "/Groups": ["GET", "POST"], "/Bulk": ["POST"], "/.search": ["POST"], "/": ["GET"],
    "/Users/.search": ["POST"], "/ServiceProviderConfig": ["GET"], "/Schemas": ["GET"], "/ResourceTypes": ["GET"],
    "/ResourceTypes/User": ["GET"], "/Me": ["GET"],
}  # fmt: skip
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"]


@pytest.mark.parametrize(("path", "allowed"), _ROUTES.items(), ids=_ROUTES)
@pytest.mark.compliance("RFC 7644", "3.12", "B206 a method that is not allowed is 405 with a SCIM error")
def test_method_not_allowed_is_405_with_allow(path: str, allowed: list[str]) -> None:
    """A method that an endpoint does not have is a SCIM 405 that names those it has."""
    tenant = make_tenant()
    before = stored_rows()

    for method in sorted(set(_METHODS) - set(allowed)):
        answer = tenant.client.request(method, path, {"userName": "x"})

        require_error(answer, 405)
        assert set(answer["Allow"].split(", ")) - {"HEAD"} == set(allowed)

    assert stored_rows() == before


@pytest.mark.parametrize(
    "key", ["%00", "%0a", "x", "é", "..", "a" * 5_000, "urn:x", "%ff"], ids=lambda key: key[:10]
)
@pytest.mark.parametrize("path", ["/Schemas/", "/ResourceTypes/"])
@pytest.mark.compliance("RFC 7644", "4", "B197 unknown discovery entries are 404")
def test_discovery_entry_that_is_none_is_404(path: str, key: str) -> None:
    """A discovery resource that is not there is 404, whatever its name."""
    tenant = make_tenant()

    require_error(tenant.client.get(path + key), 404)


@pytest.mark.parametrize(
    "value",
    ["", "x", '"', 'W/"', 'W/"x", ', "*, *", "a" * 50_000, "\0", "é", 'W/"\\"'],
    ids=lambda v: repr(v)[:20],
)
@pytest.mark.parametrize("header", ["If_Match", "If_None_Match"])
def test_precondition_malformed_is_no_server_error(header: str, value: str) -> None:
    """A precondition that is no list of tags matches nothing: 412 for If-Match, the resource for If-None-Match."""
    tenant = make_tenant()
    sent: dict[str, Any] = {header: value}

    read = tenant.client.get(tenant.user_path, **sent)
    written = tenant.client.patch(
        tenant.user_path, [{"op": "replace", "path": "title", "value": "x"}], **sent
    )

    assert read.status_code in (200, 304)
    assert written.status_code in (200, 412)
