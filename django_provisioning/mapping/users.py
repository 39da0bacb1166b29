"""User documents to changes, and rows back to documents (RFC 7643 §4.1).

A document is put together from the identity (what the IdP pushed), the user row (live values of the mapped
fields win over what was pushed, so a local edit is visible to the IdP) and the group memberships.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..models import Identity
from ..protocol.core_schemas import USER_URN
from ..protocol.versions import etag
from .fields import UserMap, clean, external_id_of, key_text, user_map
from .json_text import canonical, timestamp
from .locations import location

# Held by columns of their own or owned by the server; never in Identity.attributes.
_NOT_PUSHED = frozenset({"schemas", "id", "meta", "groups", "password", "userName", "externalId", "active"})

IDENTITY_COLUMNS = (
    "id", "user_id", "scim_id", "external_id", "user_name", "active", "attributes", "revision",
    "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UserChanges:
    """Desired values of one account: identity columns, pushed attributes and user fields.

    ``fields`` maps user field names to values, without the login field and ``is_active``.
    """

    user_name: str
    external_id: str | None
    active: bool
    attributes: dict[str, Any]
    fields: dict[str, Any]

    def emails(self) -> list[str]:
        """Every pushed e-mail address, the primary one first."""
        return self.addresses_in(self.attributes)

    @staticmethod
    def addresses_in(attributes: Mapping[str, Any]) -> list[str]:
        """Give the e-mail addresses of pushed attributes, the primary one first."""
        found = [email for email in attributes.get("emails", ()) if email.get("value")]
        return [email["value"] for email in sorted(found, key=lambda email: email.get("primary") is not True)]

    def facts(self) -> dict[str, Any]:
        """Give the SCIM attributes that the changes stand for, flat."""
        own = {"userName": self.user_name, "externalId": self.external_id, "active": self.active}
        return {**own, **self.attributes}


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A group that a user is a member of, as its document shows it."""

    scim_id: str
    display_name: str


def changes_of(document: Mapping[str, Any], *, present: bool | None = None) -> UserChanges:
    """Translate a canonical document into what the tables should hold.

    ``present`` says whether an account that is there is active. A document without ``active`` then leaves access as
    it is, never giving it back, and ``attributes`` remembers the attribute as unassigned: ``{"active": None}``.

    Raises:
        ValueRefused: a mapped field cannot hold the value.
    """
    mapping = user_map()
    fields = {
        name: clean(mapping.field(name), value_at(document, path), path)
        for path, name in mapping.fields.items()
    }
    attributes = {name: value for name, value in document.items() if name not in _NOT_PUSHED}
    if present is not None and "active" not in document:
        attributes["active"] = None
    return UserChanges(
        user_name=key_text(document["userName"], "userName"),
        external_id=external_id_of(document),
        active=document.get("active", True if present is None else present),
        attributes=attributes,
        fields=fields,
    )


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """Give the simple value at a mapped path; of a multi-valued attribute its primary or first value.

    >>> value_at({"emails": [{"value": "a@example.com"}]}, "emails")
    'a@example.com'
    """
    container, name = _container(document, path)
    value = container.get(name) if isinstance(container, Mapping) else None
    if isinstance(value, list):
        element = value[_primary_index(value)] if value else None
        return element.get("value") if isinstance(element, Mapping) else element
    if isinstance(value, Mapping):
        return value.get("value")
    return value


def _container(document: Mapping[str, Any], path: str) -> tuple[Any, str]:
    """Split ``urn:…:User:name.sub`` into the object that holds the last name, and that name."""
    urn, _, names = path.rpartition(":")
    container: Any = document.get(urn, {}) if urn else document
    parent, _, name = names.rpartition(".")
    return (container.get(parent, {}) if parent else container), name


def _primary_index(elements: list[Any]) -> int:
    for index, element in enumerate(elements):
        if isinstance(element, Mapping) and element.get("primary") is True:
            return index
    return 0


def row_columns() -> tuple[str, ...]:
    """Name the columns, for ``values()`` on identities, that ``document_of`` reads."""
    return (*IDENTITY_COLUMNS, *(f"user__{name}" for name in user_map().columns))


def row_of(identity: Identity) -> dict[str, Any]:
    """Give the row of a loaded identity (with its user) as ``values(*row_columns())`` would."""
    row = {name: getattr(identity, name) for name in IDENTITY_COLUMNS}
    row.update({f"user__{name}": getattr(identity.user, name) for name in user_map().columns})
    return row


def document_of(row: Mapping[str, Any], groups: Iterable[GroupRef], base_url: str) -> dict[str, Any]:
    """Build the full User document of a row; ``base_url`` ends before ``/Users``. No query."""
    document: dict[str, Any] = {"schemas": [USER_URN], "id": row["scim_id"]}
    if row["external_id"] is not None:
        document["externalId"] = row["external_id"]
    document["userName"] = row["user_name"]
    document["active"] = bool(row["active"] and row["user__is_active"])
    document.update(row["attributes"])
    if document["active"] is None:  # A PATCH removed it.
        del document["active"]
    _overlay_live_values(document, row, user_map())
    document["schemas"] += [name for name in document if name.startswith("urn:")]
    memberships = [
        {"value": group.scim_id, "$ref": location(base_url, "Groups", group.scim_id), "display": group.display_name,
         "type": "direct"}
        for group in groups
    ]  # fmt: skip
    if memberships:
        document["groups"] = memberships
    document["meta"] = {
        "resourceType": "User",
        "created": timestamp(row["created_at"]),
        "lastModified": timestamp(row["updated_at"]),
        "location": location(base_url, "Users", row["scim_id"]),
        "version": etag(row["revision"], canonical(document)),
    }
    return document


def _overlay_live_values(document: dict[str, Any], row: Mapping[str, Any], mapping: UserMap) -> None:
    """Let the user row win where a local edit differs from what was pushed."""
    for path, name in mapping.fields.items():
        live = row[f"user__{name}"]
        live = None if live == "" else live
        if live != (value_at(document, path) or None):
            _set_value(document, path, live)


def with_value(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Give the document with the simple value at a mapped path set; of emails the primary one. The original stays.

    >>> with_value({}, "name.givenName", "Ada")
    {'name': {'givenName': 'Ada'}}
    """
    result = dict(document)
    _set_value(result, path, value)
    return result


def emptied(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give the document without what only the server writes."""
    return {
        name: value for name, value in document.items() if name not in ("schemas", "id", "meta", "groups")
    }


def _set_value(document: dict[str, Any], path: str, value: Any) -> None:
    """Set or (with None) take away the simple value at a mapped path, copying what it changes."""
    urn, _, names = path.rpartition(":")
    parent, _, name = names.rpartition(".")
    holder = document
    for step in filter(None, (urn, parent)):
        holder[step] = dict(holder.get(step, {}))
        holder = holder[step]
    if isinstance(holder.get(name), list) or path == "emails":
        _set_primary(holder, name, value)
    elif value is None:
        holder.pop(name, None)
    else:
        holder[name] = value
    for step in filter(None, (urn,)):
        if not document.get(step):
            document.pop(step, None)
    if parent and not urn and not document.get(parent):
        document.pop(parent, None)


def _set_primary(holder: dict[str, Any], name: str, value: Any) -> None:
    elements = [dict(element) for element in holder.get(name, [])]
    if elements:
        index = _primary_index(elements)
        if value is None:
            del elements[index]
        else:
            elements[index]["value"] = value
    elif value is not None:
        elements = [{"value": value, "primary": True}]
    if elements:
        holder[name] = elements
    else:
        holder.pop(name, None)


def primary_positions(attributes: Mapping[str, Any]) -> set[tuple[str, int]]:
    """Give (attribute, index) of every element that is marked primary, extension attributes included."""
    found: set[tuple[str, int]] = set()
    for name, value in attributes.items():
        if name.startswith("urn:") and isinstance(value, Mapping):
            found |= {(f"{name}:{inner}", index) for inner, index in primary_positions(value)}
        elif isinstance(value, list):
            found |= {
                (name, index)
                for index, element in enumerate(value)
                if isinstance(element, Mapping) and element.get("primary") is True
            }
    return found
