"""The message bodies that are no resources: ListResponse and SearchRequest (RFC 7644 §3.4, RFC 9865).

>>> list_response([], total=0)["totalResults"]
0
>>> SearchRequest.from_query({"startIndex": "0", "count": "-5"}).count
0
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ERROR_URN, InvalidSyntax, InvalidValue
from .tolerance import TOLERANT, Tolerance

LIST_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH_REQUEST_URN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH_OP_URN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_REQUEST_URN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
MESSAGE_URNS = (
    LIST_RESPONSE_URN,
    SEARCH_REQUEST_URN,
    PATCH_OP_URN,
    BULK_REQUEST_URN,
    BULK_RESPONSE_URN,
    ERROR_URN,
)

# No directory is larger, and every database takes it as LIMIT and OFFSET.
MAX_POSITION = 2**31 - 1
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}")


def list_response(
    resources: Sequence[Any],
    *,
    total: int | None = None,
    start_index: int | None = 1,
    next_cursor: str | None = None,
    previous_cursor: str | None = None,
) -> dict[str, Any]:
    """Give a ListResponse.

    With cursors ``start_index`` is None, and ``total`` may be (RFC 9865 §2); what is None is left out.
    """
    message: dict[str, Any] = {"schemas": [LIST_RESPONSE_URN]}
    if total is not None:
        message["totalResults"] = total
    if start_index is not None:
        message["startIndex"] = start_index
    message["itemsPerPage"] = len(resources)
    if next_cursor is not None:
        message["nextCursor"] = next_cursor
    if previous_cursor is not None:
        message["previousCursor"] = previous_cursor
    message["Resources"] = list(resources)
    return message


def page_size(count: int | None, default: int, maximum: int) -> int:
    """Give how many resources a page holds: ``count`` is an upper bound, and the server caps it."""
    return max(0, min(default if count is None else count, maximum))


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A query, whether it came as URI parameters or as the body of a ``.search``.

    ``start_index`` is 1 or more; ``count`` is 0 or more, None when not given. ``cursor`` is "" for the first
    page of a cursor walk, None for paging by index. Nothing here is resolved against a schema yet.
    """

    filter: str | None = None
    sort_by: str | None = None
    descending: bool = False
    start_index: int = 1
    count: int | None = None
    cursor: str | None = None
    attributes: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None

    @classmethod
    def from_query(cls, params: Mapping[str, str]) -> SearchRequest:
        """Read URI parameters (RFC 7644 §3.4.2); unknown ones are ignored.

        Raises:
            InvalidValue: count or startIndex is no number, or sortOrder no order.
        """
        return cls._from_members({name.lower(): value for name, value in params.items()})

    @classmethod
    def from_body(cls, payload: Any, tolerance: Tolerance = TOLERANT) -> SearchRequest:
        """Read the body of a ``.search`` (RFC 7644 §3.4.3); unknown members are ignored.

        Raises:
            InvalidSyntax: the body is no SearchRequest.
            InvalidValue: a member has the wrong type.
        """
        if not isinstance(payload, dict):
            raise InvalidSyntax("The body of a search must be an object.")
        members = {name.lower(): value for name, value in payload.items() if value is not None}
        require_message(members.get("schemas"), SEARCH_REQUEST_URN, tolerance)
        return cls._from_members(members)

    @classmethod
    def _from_members(cls, members: Mapping[str, Any]) -> SearchRequest:
        start_index = _integer("startIndex", members.get("startindex"))
        count = _integer("count", members.get("count"))
        return cls(
            filter=_text("filter", members.get("filter")),
            sort_by=_text("sortBy", members.get("sortby")) or None,
            descending=_is_descending(members.get("sortorder")),
            start_index=1 if start_index is None else max(1, start_index),
            count=None if count is None else max(0, count),
            cursor=_text("cursor", members.get("cursor")),
            attributes=_names("attributes", members.get("attributes")),
            excluded=_names("excludedAttributes", members.get("excludedattributes")),
        )


def require_message(schemas: Any, urn: str, tolerance: Tolerance) -> bool:
    """Check that ``schemas`` names the message, ignoring case. Give whether it was there at all.

    Raises:
        InvalidSyntax: it is no list of texts, names other messages only, or is missing and may not be.
    """
    if schemas is None and tolerance.missing_schemas:
        return False
    if not isinstance(schemas, list) or not all(isinstance(item, str) for item in schemas):
        raise InvalidSyntax(f"'schemas' must be a list that names {urn}.")
    if urn.lower() not in {item.lower() for item in schemas}:
        raise InvalidSyntax(f"'schemas' must name {urn}.")
    return True


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidValue(f"{name!r} must be a text.")


def _integer(name: str, value: Any) -> int | None:
    """Read a number, given as one or as text; what no directory reaches is clamped."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue(f"{name!r} must be an integer.")
    return max(-MAX_POSITION, min(value, MAX_POSITION))


def _is_descending(value: Any) -> bool:
    """Read sortOrder; ascending is the default (RFC 7644 §3.4.2.3)."""
    order = (_text("sortOrder", value) or "ascending").lower()
    if order not in {"ascending", "descending"}:
        raise InvalidValue("'sortOrder' must be 'ascending' or 'descending'.")
    return order == "descending"


def _names(name: str, value: Any) -> tuple[str, ...] | None:
    """Read attribute names: a comma-separated text, or a list of texts. No name at all is None."""
    if value is None:
        return None
    parts: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    names: list[str] = []
    for part in parts:
        if not isinstance(part, str):
            raise InvalidValue(f"{name!r} must be a list of attribute names.")
        names.extend(stripped for item in part.split(",") if (stripped := item.strip()))
    return tuple(names) or None
