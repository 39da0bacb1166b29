"""Group documents to changes, and rows back to documents (RFC 7643 §4.2).

Members are not part of the document that is patched or validated as a whole: a group can have many, so they are
read only when asked for and changed as deltas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..protocol.core_schemas import GROUP_URN
from ..protocol.versions import etag
from .fields import external_id_of, key_text
from .json_text import canonical, timestamp
from .locations import location

_NOT_PUSHED = frozenset({"schemas", "id", "meta", "members", "displayName", "externalId"})

ROW_COLUMNS = (
    "id", "group_id", "scim_id", "external_id", "display_name", "attributes", "revision", "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Desired values of one group link."""

    display_name: str
    external_id: str | None
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MemberRef:
    """A member as a group's document shows it; ``kind`` is "User" or "Group"."""

    scim_id: str
    display: str
    kind: str = "User"


def changes_of(document: Mapping[str, Any]) -> GroupChanges:
    """Translate a canonical document without its members into what the tables should hold."""
    return GroupChanges(
        display_name=key_text(document["displayName"], "displayName"),
        external_id=external_id_of(document),
        attributes={name: value for name, value in document.items() if name not in _NOT_PUSHED},
    )


def row_of(link: Any) -> dict[str, Any]:
    """Give the row of a loaded group link as ``values(*ROW_COLUMNS)`` would."""
    return {name: getattr(link, name) for name in ROW_COLUMNS}


def document_of(row: Mapping[str, Any], members: Iterable[MemberRef] | None, base_url: str) -> dict[str, Any]:
    """Build the Group document of a row; ``members`` is None when they were not asked for. No query.

    The version depends on the row alone: every change of members raises its revision.
    """
    document: dict[str, Any] = {"schemas": [GROUP_URN], "id": row["scim_id"]}
    if row["external_id"] is not None:
        document["externalId"] = row["external_id"]
    document["displayName"] = row["display_name"]
    document.update(row["attributes"])
    document["schemas"] += [name for name in document if name.startswith("urn:")]
    document["meta"] = {
        "resourceType": "Group",
        "created": timestamp(row["created_at"]),
        "lastModified": timestamp(row["updated_at"]),
        "location": location(base_url, "Groups", row["scim_id"]),
        "version": etag(row["revision"], canonical(document)),
    }
    if members is not None:
        document["members"] = [
            {"value": member.scim_id, "$ref": location(base_url, f"{member.kind}s", member.scim_id),
             "display": member.display, "type": member.kind}
            for member in members
        ]  # fmt: skip
        if not document["members"]:
            del document["members"]
    return document
