"""What of a SCIM message may be kept where people look for mistakes: its form, never a value that is somebody's.

What is not known to be harmless is a value: an attribute that nobody has classified yet is masked as well. Names,
operators, URNs, booleans, the words of the protocol and ids of resources stay, everything else becomes "…".
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

from ..protocol.errors import InvalidFilter
from ..protocol.filter_tokens import Token, tokens

MASK = "…"

_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_LITERALS = frozenset({"true", "false", "null"})
# A name of RFC 7644 §3.4.2.2 with its schema; a dot or colon joins, as in "name.familyName".
_NAME = re.compile(r"[A-Za-z$][A-Za-z0-9_$-]*(?:[.:][A-Za-z0-9_$-]+)*")
_NUMBER = re.compile(r"\d{1,9}")
# What is no name in an address: our ids, the small numbers of imported ones, and schemas.
_ID = re.compile(
    r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|\d{1,9}|urn:[a-z0-9.:]+:[A-Za-z0-9_]{1,60}|"
)
_WORDS_OF_PATHS = frozenset(
    {
        "Users",
        "Groups",
        "Bulk",
        "Me",
        ".search",
        "ServiceProviderConfig",
        "ResourceTypes",
        "Schemas",
        "User",
        "Group",
    }
)
# Of these attributes our sentences quote the value, directly after the name.
_QUOTES_A_VALUE = ("displayName ", "userName ", "externalId ", "bulkId ", "endpoint ")
# An apostrophe inside a word opens nothing; an address is masked without any quotes.
_QUOTED = re.compile(r"""(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|"(?:[^"\\]|\\.)*"|“[^”]*”|[^\s'"“”]+@[^\s'"“”]+""")
_NAME_LISTS = frozenset({"attributes", "excludedattributes", "sortby", "sortorder"})
_NUMBERS = frozenset({"startindex", "count"})
# Members whose text is a word of the protocol, a time or the id of a resource.
_KEPT_MEMBERS = frozenset(
    {
        "op", "schemas", "method", "bulkid", "status", "scimtype", "version", "id", "resourcetype", "created",
        "lastmodified", "$ref", "location", "type", "sortby", "sortorder", "attributes", "excludedattributes",
    }
)  # fmt: skip
_KEPT_NUMBERS = frozenset({"totalresults", "itemsperpage", "startindex", "count", "failonerrors", "status"})
_LONGEST_KEPT = 200
# No parameter of SCIM is longer; a token or an address in the place of one is.
_LONGEST_PARAMETER = 40
_LONGEST_QUERY = 2_000


def query_form(query: str) -> str:
    """Give a query string decoded, with the values masked that may be somebody's.

    >>> query_form("filter=userName+eq+%22ada%40example.com%22&count=1")
    'filter=userName eq "…"&count=1'
    """
    pairs = parse_qsl(query[: 4 * _LONGEST_QUERY], keep_blank_values=True, errors="replace")
    return "&".join(f"{_name(name, _LONGEST_PARAMETER)}={_parameter(name, value)}" for name, value in pairs)[
        :_LONGEST_QUERY
    ]


def filter_form(text: str) -> str:
    """Give a filter, or the path of a PATCH, with its literals masked; all of it where it cannot be read.

    >>> filter_form('emails[type eq "work" and value co "ada"].value'), filter_form('userName eq ada@example.com')
    ('emails[type eq "…" and value co "…"].value', 'userName eq …')
    """
    try:
        found = list(tokens(text))
    except InvalidFilter:
        return MASK
    parts: list[str] = []
    after_operator = False
    for token in found[:-1]:
        piece = _piece(token, after_operator)
        is_joined = (
            not parts or piece in {")", "]", "["} or parts[-1].endswith(("(", "[")) or piece.startswith(".")
        )
        parts.append(piece if is_joined else f" {piece}")
        after_operator = token.kind == "word" and token.text.lower() in _OPERATORS and not after_operator
    return "".join(parts)


def path_form(path: str, *, prefix: str = "", endpoints: Collection[str] = ()) -> str:
    """Give a path, with segments masked that are no id and no endpoint; ``prefix`` stands before the endpoint.

    >>> path_form("/scim/v2/Users/42", prefix="/scim/v2/"), path_form("/Users/ada.lovelace")
    ('/scim/v2/Users/42', '/Users/…')
    """
    rest = path.removeprefix(prefix)
    known = {*_WORDS_OF_PATHS, *endpoints}
    shown = [part if part in known or _ID.fullmatch(part) else MASK for part in rest.split("/")]
    return (prefix if rest != path else "") + "/".join(shown)


def text_form(text: str) -> str:
    """Give a sentence of ours, with what it quotes masked unless it is the name of an attribute.

    >>> text_form("'shoeSize' is not an attribute of User."), text_form("A group is named 'Board of Ada'.")
    ("'shoeSize' is not an attribute of User.", "A group is named '…'.")
    """

    def shown(found: re.Match[str]) -> str:
        quoted = found[0]
        if quoted[0] not in "'\"“":
            return MASK
        is_value = text[: found.start()].endswith(_QUOTES_A_VALUE)
        # Django puts values between curly quotation marks, we put names between straight ones.
        is_name = not is_value and quoted[0] != "“" and _NAME.fullmatch(quoted[1:-1])
        return quoted if is_name else f"{quoted[0]}{MASK}{quoted[-1]}"

    return _QUOTED.sub(shown, text)


def body_form(document: Any) -> str:
    """Give a JSON document as indented text, its form whole and its values masked.

    >>> print(body_form({"schemas": ["urn:x"], "userName": "ada", "active": True}))
    {
      "schemas": ["urn:x"],
      "userName": "…",
      "active": true
    }
    """
    return _flattened(json.dumps(_masked(document, ""), ensure_ascii=False, indent=2))


def _name(name: str, longest: int = _LONGEST_KEPT) -> str:
    return name if _NAME.fullmatch(name) and len(name) <= longest else MASK


def _parameter(name: str, value: str) -> str:
    match name.lower():
        case "filter":
            return filter_form(value)
        case lower if lower in _NAME_LISTS:
            return ",".join(_name(one.strip()) for one in value.split(","))
        case lower if lower in _NUMBERS and _NUMBER.fullmatch(value):
            return value
        case _:
            return MASK if value else ""


def _piece(token: Token, after_operator: bool) -> str:
    if token.kind == "bracket":
        return token.text
    if token.kind == "string":
        return f'"{MASK}"'
    if after_operator:
        return token.text if token.text.lower() in _LITERALS else MASK
    # What follows a closing bracket is a word too: the ".value" of a path.
    return token.text if _NAME.fullmatch(token.text.removeprefix(".")) else MASK


def _masked(value: Any, member: str) -> Any:
    match value:
        case Mapping():
            return _masked_members(value, member)
        case list() | tuple():
            return [_masked(one, member) for one in value]
        case None | bool():
            return value
        case int() | float():
            return value if member in _KEPT_NUMBERS else MASK
        case _:
            return _masked_text(str(value), member)


def _masked_members(value: Mapping[Any, Any], member: str) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, one in value.items():
        shown = filter_form(str(name))
        # Names that differ only in what is masked must not swallow each other.
        shown = shown if shown not in masked else f"{shown} ({len(masked) + 1})"
        key = str(name).lower()
        # Members of a group are ids; a "value" elsewhere is an address or a number.
        is_member_id = key == "value" and member == "members"
        masked[shown] = _masked(one, "id" if is_member_id else key)
    return masked


def _masked_text(text: str, member: str) -> str:
    if not text:
        return ""
    if member in {"path", "filter"}:
        # A Bulk operation has a path of the URL in its place.
        return path_form(text) if text.startswith("/") else filter_form(text)
    if member == "detail":
        return text_form(text)
    is_kept = member in _KEPT_MEMBERS and len(text) <= _LONGEST_KEPT and "@" not in text and " " not in text
    return text if is_kept else MASK


def _flattened(text: str) -> str:
    """Put lists of single values on one line: schemas read better so."""
    return re.sub(r"\[\s+((?:\"[^\"\n]*\",?\s+)+)\]", _on_one_line, text)


def _on_one_line(found: re.Match[str]) -> str:
    return "[" + ", ".join(part.strip().rstrip(",") for part in found[1].strip().split("\n")) + "]"
