"""Bodies that nobody should send: each is answered with a SCIM error, and nothing is written (RFC 7644 §3.12)."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model

from django_provisioning.models import Event, Identity
from tests.scim.answers import require_error
from tests.scim.scenes import (
    Tenant,
    bulk_body,
    group_body,
    make_tenant,
    patch_body,
    search_body,
    user_body,
)
from tests.scim.tables import row_counts, stored_rows

if TYPE_CHECKING:
    from tests.scim_client import Response


pytestmark = pytest.mark.django_db

# Every endpoint that reads a body; {user} and {group} are paths of resources that exist.
_TARGETS = {
    "POST user": ("POST", "/Users"),
    "PUT user": ("PUT", "{user}"),
    "PATCH user": ("PATCH", "{user}"),
    "POST group": ("POST", "/Groups"),
    "PUT group": ("PUT", "{group}"),
    "PATCH group": ("PATCH", "{group}"),
    "Bulk": ("POST", "/Bulk"),
    "search": ("POST", "/Users/.search"),
    "root search": ("POST", "/.search"),
}
_DEEP = 100_000
# Name of the body, its bytes, and the scimType of the 400.
_BROKEN = {
    "nothing": b"",
    "white space": b" \r\n\t ",
    "half an object": b'{"userName": "bob',
    "no quotes": b"{userName: bob}",
    "single quotes": b"{'userName': 'bob'}",
    "trailing comma": b'{"userName": "bob",}',
    "two values": b'{"userName": "bob"}{"userName": "eve"}',
    "XML": b"<user/>",
    "form": b"userName=bob",
    "no UTF-8": b'{"userName": "\xff\xfe"}',
    "UTF-16": '{"userName": "bob"}'.encode("utf-16"),
    "raw NUL": b'{"userName": "b\x00b"}',
    "escaped NUL": rb'{"userName": "b\u0000b", "displayName": "b\u0000b"}',
    "NUL in a name": rb'{"user\u0000Name": "bob"}',
    "NUL deep inside": rb'{"userName": "bob", "displayName": "bob", "x": [{"y": "\u0000"}]}',
    "raw line feed": b'{"userName": "b\nb"}',
    "high surrogate": rb'{"userName": "\ud800", "displayName": "\ud800"}',
    "low surrogate": rb'{"userName": "\udfff", "displayName": "\udfff"}',
    "surrogates in the wrong order": rb'{"userName": "\udc00\ud800", "displayName": "x"}',
    "surrogate in UTF-8": b'{"userName": "\xed\xa0\x80"}',
    "deep arrays": b"[" * _DEEP,
    "deep objects": b'{"a":' * _DEEP,
    "deep and closed": b'{"userName": "bob", "x": ' + b"[" * 65 + b"]" * 65 + b"}",
    "5,000 digits": b'{"userName": "bob", "displayName": "bob", "x": ' + b"9" * 5_000 + b"}",
    "5,000 digits after the point": b'{"userName": "bob", "x": 0.' + b"9" * 5_000 + b"}",
    "huge exponent": b'{"userName": "bob", "x": 1e400}',
    "NaN": b'{"userName": "bob", "x": NaN}',
    "Infinity": b'{"userName": "bob", "x": Infinity}',
    "minus Infinity": b'{"userName": "bob", "x": -Infinity}',
    "an array": b'[{"userName": "bob"}]',
    "a text": b'"bob"',
    "a number": b"42",
    "true": b"true",
    "null": b"null",
    "300 names": json.dumps({f"x{number}": 1 for number in range(300)}).encode(),
    "a text of 200 kB": json.dumps({"userName": "b" * 200_000, "displayName": "b" * 200_000}).encode(),
}  # fmt: skip


def _send(tenant: Tenant, target: str, body: Any, **more: Any) -> Response:
    method, path = _TARGETS[target]
    path = path.format(user=tenant.user_path, group=tenant.group_path)
    return tenant.client.request(method, path, body, **more)


def _send_everywhere(tenant: Tenant, body: Any, **more: Any) -> dict[str, Response]:
    """Send one body to every endpoint that reads one."""
    return {target: _send(tenant, target, body, **more) for target in _TARGETS}


@pytest.mark.parametrize("body", _BROKEN.values(), ids=_BROKEN)
@pytest.mark.compliance("RFC 7644", "3.12", "B085 broken JSON is 400 invalidSyntax")
def test_body_broken_is_invalid_syntax_and_writes_nothing(body: bytes) -> None:
    """A body that is no JSON object within the limits is 400 invalidSyntax on every endpoint that reads one."""
    tenant = make_tenant()
    before = stored_rows()

    answers = _send_everywhere(tenant, body)

    for answer in answers.values():
        require_error(answer, 400, "invalidSyntax")
    assert stored_rows() == before


@pytest.mark.parametrize("size", [1_048_577, 10 * 1_048_576])
def test_body_too_long_is_413_and_writes_nothing(size: int) -> None:
    """A body over the limit is 413 whatever is in it, and is not parsed."""
    tenant = make_tenant()
    before = stored_rows()

    answers = _send_everywhere(tenant, b'{"userName": "' + b"b" * (size - 16) + b'"}')

    for answer in answers.values():
        require_error(answer, 413)
    assert stored_rows() == before


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/json; charset=utf-16",
        "application/scim+json; charset=latin-1",
        "application/jsonx",
        "*/*",
        "garbage",
    ],
)
@pytest.mark.compliance("RFC 9110", "15.5.16", "B205 another content type is 415 (or 400)")
def test_body_of_another_type_is_415_and_writes_nothing(content_type: str) -> None:
    """Only JSON in UTF-8 is read; a browser's form never reaches a handler."""
    tenant = make_tenant()
    before = stored_rows()

    answers = _send_everywhere(tenant, user_body(displayName="Pilots"), content_type=content_type)

    for answer in answers.values():
        require_error(answer, 415)
    assert stored_rows() == before


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_body_compressed_is_415_and_writes_nothing(encoding: str) -> None:
    """A compressed body is refused unread: it could unfold to any size."""
    tenant = make_tenant()
    before = stored_rows()
    body = gzip.compress(json.dumps(user_body(displayName="Pilots")).encode())

    answers = _send_everywhere(tenant, body, Content_Encoding=encoding)

    for answer in answers.values():
        require_error(answer, 415)
    assert stored_rows() == before


@pytest.mark.parametrize("target", ["POST user", "PUT user"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "x@example.com", "userName": "bob"}',
        b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "USERNAME": "x@example.com", "userName": "bob"}',
    ],
    ids=["same name", "other case"],
)
@pytest.mark.compliance("RFC 8259", "4", "B212 a repeated member name is answered without a server error")
def test_body_with_a_name_twice_takes_the_last(target: str, body: bytes) -> None:
    """Of a member that is there twice the last one counts, as nearly every parser has it."""
    tenant = make_tenant()

    response = _send(tenant, target, body)

    assert response.status_code in (200, 201), response.content
    assert response.json()["userName"] == "bob"


_KEYS: dict[str, Any] = {
    "_connector": "OR",
    "_negated": True,
    "pk": 1,
    "user_id": 1,
    "connection": 1,
    "connection_id": 1,
    "scim_id": "mine",
    "live": None,
    "revision": 99,
    "scim_managed": False,
    "is_staff": True,
    "is_superuser": True,
    "user_permissions": ["auth.add_user"],
    "user__is_superuser": True,
    "date_joined": "2001-01-01T00:00:00Z",
    "password_": "secret",
    "__class__": "x",
    "__proto__": {"isAdmin": True},
    "origin": "manual",
    "id": "chosen",
    "meta": {"created": "2001-01-01T00:00:00Z", "version": 'W/"9"'},
    "groups": [{"value": "admins"}],
}


@pytest.mark.parametrize("key", _KEYS)
@pytest.mark.compliance("RFC 7644", "3.1", "B096 an unknown attribute or extension is ignored or refused")
def test_create_with_a_model_name_as_key_changes_no_column(key: str) -> None:
    """Names of columns, look-ups and of Django's Q() in a body are data to leave out, never written."""
    tenant = make_tenant()

    response = tenant.client.post("/Users", user_body(**{key: _KEYS[key]}))

    assert response.status_code == 201, response.content
    identity = Identity.objects.get(user_name="bob@example.com")
    assert (identity.connection, identity.live, identity.revision) == (tenant.connection, True, 1)
    assert (identity.scim_managed, identity.attributes) == (True, {})
    assert identity.scim_id == response.json()["id"] != "chosen"
    user = get_user_model().objects.get(pk=identity.user_id)
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (False, False, False)
    assert "groups" not in response.json()
    if key not in ("id", "meta", "groups"):
        assert Event.objects.latest("id").effects == {"ignored": [key]}


@pytest.mark.parametrize("key", [key for key in _KEYS if key not in ("id", "meta", "groups")])
def test_patch_of_a_model_name_is_refused_as_a_path_and_left_out_as_a_key(key: str) -> None:
    """A PATCH path that no schema has is 400; as a key of a value it is left out."""
    tenant = make_tenant()
    before = stored_rows()

    by_path = tenant.client.patch(tenant.user_path, [{"op": "replace", "path": key, "value": _KEYS[key]}])
    after = stored_rows()
    by_key = tenant.client.patch(tenant.user_path, [{"op": "replace", "value": {key: _KEYS[key]}}])

    require_error(by_path, 400, "invalidPath")
    assert after == before
    assert by_key.status_code == 200, by_key.content
    assert by_key.json()["meta"]["version"] == tenant.user["meta"]["version"] or "groups" in by_key.json()
    assert get_user_model().objects.filter(is_staff=True).count() == 0


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ({"Operations": []}, "invalidSyntax"),
        ({"Operations": {}}, "invalidSyntax"),
        ({"Operations": ["add"]}, "invalidSyntax"),
        ({"Operations": [[]]}, "invalidSyntax"),
        ({"Operations": [{}]}, "invalidSyntax"),
        ({"Operations": [{"op": "drop", "path": "title"}]}, "invalidSyntax"),
        ({"Operations": [{"op": 7, "path": "title"}]}, "invalidSyntax"),
        ({"Operations": [{"op": None, "path": "title"}]}, "invalidSyntax"),
        ({"Operations": [{"op": "remove"}]}, "noTarget"),
        ({"Operations": [{"op": "remove", "path": ""}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": 7, "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "emails[", "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "title\0", "value": "x"}]}, "invalidSyntax"),
        ({"Operations": [{"op": "add", "path": "emails[type eq \"\\u0000\"].value", "value": "x"}]}, "invalidFilter"),
        ({"Operations": [{"op": "add", "path": "x" * 100_000, "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "." * 1_000, "value": "x"}]}, "invalidPath"),
        ({"Operations": [{"op": "remove", "path": "emails[" + "(" * 1_000 + "]"}]}, "invalidFilter"),
        ({"Operations": [{"op": "add", "value": "text"}]}, "invalidValue"),
        ({"Operations": [{"op": "add", "path": "title"}]}, "invalidValue"),
        ({"Operations": [{"op": "replace", "path": "userName", "value": ""}]}, "invalidValue"),
        ({"Operations": [{"op": "remove", "path": "userName"}]}, "mutability"),
        ({"Operations": [{"op": "replace", "path": "id", "value": "x"}]}, "mutability"),
        ({"Operations": [{"op": "replace", "path": "meta.created", "value": "x"}]}, "mutability"),
        ({"Operations": [{"op": "add", "path": "groups", "value": [{"value": "x"}]}]}, "mutability"),
    ],
)  # fmt: skip
def test_patch_malformed_has_its_scim_type_and_writes_nothing(body: dict[str, Any], scim_type: str) -> None:
    """Each way of getting a PATCH wrong has the keyword of RFC 7644 table 9."""
    tenant = make_tenant()
    before = stored_rows()

    response = tenant.client.patch(tenant.user_path, {**patch_body(), **body})

    require_error(response, 400, scim_type)
    assert stored_rows() == before


@pytest.mark.parametrize(
    ("target", "body", "status"),
    [
        ("PATCH user", patch_body(*[{"op": "add", "path": "title", "value": "x"}] * 1_001), 413),
        ("Bulk", bulk_body(*[{"method": "DELETE", "path": "/Users/x"}] * 101), 413),
        ("POST group", group_body(members=[{"value": f"{number}"} for number in range(10_001)]), 413),
        ("PUT group", group_body(members=[{"value": f"{number}"} for number in range(10_001)]), 413),
        ("PATCH group", patch_body({"op": "add", "path": "members",
                                    "value": [{"value": f"{number}"} for number in range(10_001)]}), 413),
        ("PATCH group", patch_body(*[{"op": "add", "path": "members",
                                      "value": [{"value": f"{part}-{number}"} for number in range(2_001)]}
                                     for part in range(5)]), 413),
        ("POST user", user_body(emails=[{"value": f"{number}"} for number in range(10_001)]), 413),
    ],
    ids=["patch operations", "bulk operations", "POST members", "PUT members", "PATCH members",
         "PATCH members of several operations", "values"],
)  # fmt: skip
@pytest.mark.compliance("RFC 7644", "3.7.4", "B180i more than maxOperations is 413")
def test_request_over_a_limit_is_413_and_writes_nothing(
    target: str, body: dict[str, Any], status: int
) -> None:
    """Operations, members and values have limits that are held before anything is looked up."""
    tenant = make_tenant()
    before = stored_rows()

    response = _send(tenant, target, body)

    require_error(response, status)
    assert stored_rows() == before


@pytest.mark.parametrize(
    "operations",
    [[{}], ["x"], [{"method": "GET", "path": "/Users"}], [{"method": "POST", "path": "/Nothing", "bulkId": "1"}],
     [{"method": "POST", "path": "/Users", "bulkId": "1"}],
     [{"method": "POST", "path": "/Users", "bulkId": "1", "data": []}],
     [{"method": "PUT", "path": "/Users/bulkId:none", "data": {}}],
     [{"method": "DELETE", "path": "/Users/\0"}], [{"method": "PATCH", "path": "Users//.."}],
     [{"method": 7, "path": 7}]],
    ids=repr,
)  # fmt: skip
def test_bulk_operation_malformed_is_answered_in_its_place(operations: list[Any]) -> None:
    """A malformed operation is an error of its own or of the job, never a 500, and writes nothing."""
    tenant = make_tenant()
    before = row_counts()

    response = tenant.client.post("/Bulk", bulk_body(*operations))

    assert response.status_code in (200, 400), response.content
    if response.status_code == 200:
        statuses = [int(result["status"]) for result in response.json()["Operations"]]
        assert all(400 <= status < 500 for status in statuses), response.content
    assert row_counts() == before


@pytest.mark.parametrize(
    "member", [{"count": 1.5}, {"count": "x"}, {"count": []}, {"startIndex": True}, {"sortBy": 7}, {"sortOrder": "up"},
               {"attributes": 7}, {"attributes": [7]}, {"filter": []}, {"cursor": 7}],
)  # fmt: skip
def test_search_member_of_the_wrong_type_is_invalid_value(member: dict[str, Any]) -> None:
    """The members of a SearchRequest have types, on each resource type and on the root."""
    tenant = make_tenant()

    for path in ("/Users/.search", "/Groups/.search", "/.search"):
        response = tenant.client.post(path, search_body(**member))

        require_error(response, 400, "invalidValue")
