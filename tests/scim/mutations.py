"""Requests that are nearly right: a seed gives a valid request, then something in it is changed.

The same seed gives the same requests, so a failure can be played again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.scim.scenes import bulk_body, group_body, patch_body, search_body, user_body

_ATOMS: Sequence[Any] = (
    None, True, False, 0, -1, 7.5, 2**63, 10**39, -0.0, "", " ", "a", "A", "ß", "ﷺ", "İ", "\u202e", "\U0001f600",
    "a\r\nb", "True", "False", "null", "'", '"', "\\", "%", "_", "%s", "{}", "../", "ada@example.com", "urn:x:y",
    "\ufdfa" * 60, "b" * 300, "b" * 9_000, "e\u0301" * 200, "2026-01-31T09:05:00Z", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    [], {}, [[]], [{}], [None], {"": ""}, {"value": None}, ["a", "a"], "bulkId:a", 'W/"1"',
)  # fmt: skip
_NAMES: Sequence[str] = (
    "userName", "USERNAME", "externalId", "active", "emails", "emails.value", 'emails[type eq "work"].value',
    "name", "name.givenName", "displayName", "title", "password", "id", "meta", "meta.version", "groups", "members",
    'members[value eq "x"]', "schemas", "photos", "manager", "_connector", "pk", "user__is_staff", "", ".", "$ref",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
)  # fmt: skip
_WORDS: Sequence[str] = (
    *_NAMES, "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "and", "or", "not", "(", ")", "[", "]", "EQ",
    '"ada@example.com"', '"a"', '""', "true", "false", "null", "7", "-7.5", "1e9", '"2026-01-31T09:05:00Z"', '"%"',
    '"\\u0000"', '"\\ud800"', '"\\"', '"', "\0", "\ud83d", "meta.created", "emails.type", "emails.primary", "userName[",
)  # fmt: skip
_FILTERS: Sequence[str] = (
    'userName eq "ada@example.com"', 'emails[type eq "work" and value co "a"]', "not (active eq false)",
    'displayName sw "E" or members.value eq "x"', 'meta.lastModified gt "2020-01-01T00:00:00Z"',
    'externalId eq "x" and (title pr or name.givenName ew "a")', 'groups[display eq "Engineers"]', "id pr",
)  # fmt: skip
_BYTES: Sequence[bytes] = (
    b"\x00", b"\xff", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", rb"\u0000", rb"\ud800", b"9" * 60, b"NaN", b"\n",
)  # fmt: skip


@dataclass(slots=True)
class Request:
    """One request; ``path`` is relative to the SCIM prefix."""

    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/scim+json"


class Mutator:
    """Makes requests from a seed; ``ids`` are SCIM ids to aim at, those of other tenants among them."""

    def __init__(self, seed: int, users: Sequence[str], groups: Sequence[str]) -> None:
        self.random = Random(seed)
        self.users = users
        self.groups = groups

    def request(self) -> Request:
        """Give the next request: about a third of the requests stay valid, so that writes happen as well."""
        made = self.random.choice(
            [self._read, self._write, self._write, self._patch, self._patch, self._bulk]
        )()
        for _ in range(self.random.choice([0, 1, 1, 2])):
            self._break(made)
        return made

    def _one_of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def _resource(self) -> str:
        endpoint = self._one_of("Users", "Groups")
        ids = self.users if endpoint == "Users" or self.random.random() < 0.1 else self.groups
        return f"/{endpoint}/{self.random.choice(ids)}"

    def _read(self) -> Request:
        path = self._one_of(
            "/Users", "/Groups", "/", self._resource(), "/Users/.search", "/.search", "/Schemas"
        )
        params = {
            name: value
            for name, value in {
                "filter": self.filter(),
                "sortBy": self.random.choice(_NAMES),
                "sortOrder": self._one_of("ascending", "descending"),
                "count": self._one_of("0", "1", "-1", "999999999999", "x"),
                "startIndex": self._one_of("0", "2", "-1", "99999999999999999999"),
                "cursor": self._one_of("", "x", "W10~x~y"),
                "attributes": self.random.choice(_NAMES),
                "excludedAttributes": self.random.choice(_NAMES),
            }.items()
            if self.random.random() < 0.3
        }
        if path.endswith(".search"):
            return Request("POST", path, body=_bytes(search_body(**params)))
        return Request("GET", path, params)

    def _write(self) -> Request:
        about_user = self.random.random() < 0.5
        path = self._one_of("/Users" if about_user else "/Groups", self._resource())
        return Request(
            "POST" if path.count("/") == 1 else "PUT", path, body=_bytes(self._document(about_user))
        )

    def _document(self, about_user: bool) -> dict[str, Any]:
        name = f"fuzz{self.random.randrange(30)}"
        if not about_user:
            members = [{"value": self.random.choice(self.users)} for _ in range(self.random.randrange(3))]
            return group_body(name, externalId=name, members=members)
        email = {"value": f"{name}@example.com", "type": "work", "primary": True}
        return user_body(
            name,
            externalId=name,
            emails=[email],
            active=self._one_of(True, False, "False"),
            name={"givenName": name},
        )

    def _patch(self) -> Request:
        if self.random.random() < 0.1:
            return Request("DELETE", self._resource())
        operations = [self._operation() for _ in range(self.random.randrange(1, 4))]
        return Request("PATCH", self._resource(), body=_bytes(patch_body(*operations)))

    def _operation(self) -> dict[str, Any]:
        path = self.random.choice(_NAMES)
        if self.random.random() < 0.2:
            path = f"emails[{self.filter()}].value"
        value = self._one_of(
            self.random.choice(_ATOMS),
            [{"value": self.random.choice(self.users)}],
            {path: self.random.choice(_ATOMS)},
        )
        operation = {"op": self._one_of("add", "replace", "remove", "Add"), "path": path, "value": value}
        if self.random.random() < 0.2:
            del operation[self._one_of("op", "path", "value")]
        return operation

    def _bulk(self) -> Request:
        operations = []
        for _ in range(self.random.randrange(1, 4)):
            method = self._one_of("POST", "PUT", "PATCH", "DELETE")
            path = self._one_of("/Users", "/Groups") if method == "POST" else self._resource()
            operations.append(
                {
                    "method": method,
                    "path": path,
                    "bulkId": self._one_of("a", "b"),
                    "data": self._document(True),
                }
            )
        return Request("POST", "/Bulk", body=_bytes(bulk_body(*operations)))

    def filter(self) -> str:
        """Give a filter, nearly always broken."""
        words = self.random.choice(_FILTERS).split(" ")
        for _ in range(self.random.randrange(4)):
            place = self.random.randrange(len(words) + 1)
            words[place : place + self.random.randrange(2)] = [self.random.choice(_WORDS)]
        return " ".join(words).encode("utf-8", "replace").decode()

    def _break(self, request: Request) -> None:
        choice = self.random.random()
        if choice < 0.45 and (document := _parsed(request.body)) is not None:
            request.body = _bytes(self._changed(document))
        elif choice < 0.7 and request.body:
            place = self.random.randrange(len(request.body))
            end = place + self.random.choice([0, 1, 5])
            request.body = request.body[:place] + self.random.choice(_BYTES) + request.body[end:]
        elif choice < 0.8:
            request.path += self._one_of("/", "/x", "%00", "%0a", "%ff", "'", "?a=%00", "x" * 300, "/.search")
        elif choice < 0.9:
            header = self._one_of("If-Match", "If-None-Match", "X-Request-ID", "Content-Encoding", "Accept")
            request.headers[header] = self._one_of("*", "gzip", 'W/"1"', "", "\0", "é", "x" * 5_000)
        elif choice < 0.95:
            request.method = self._one_of("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")
        else:
            request.content_type = self._one_of("text/plain", "application/json; charset=utf-7", "", "x")

    def _changed(self, value: Any) -> Any:
        """Change one place somewhere in a JSON value."""
        if not isinstance(value, dict | list) or not value or self.random.random() < 0.2:
            return self.random.choice(_ATOMS)
        if isinstance(value, list):
            place = self.random.randrange(len(value))
            return self._one_of(value[:place], value * 2, [*value[:place], self._changed(value[place])])
        name = self.random.choice(list(value))
        if self.random.random() < 0.3:
            return {**value, self.random.choice(_NAMES): self.random.choice(_ATOMS)}
        return {**value, name: self._changed(value[name])}


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def _parsed(body: bytes) -> Any:
    """Give the JSON of a body that no mutation has broken yet."""
    try:
        return json.loads(body)
    except ValueError:
        return None
