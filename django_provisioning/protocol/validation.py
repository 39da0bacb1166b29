"""Bodies of POST and PUT: what a client sent, as a canonical document (RFC 7643 §2 and §3, RFC 7644 §3.3).

>>> from .core_schemas import USER
>>> read_resource({"USERNAME": "ada", "active": "False", "shoeSize": 38}, USER).document
{'schemas': ['urn:ietf:params:scim:schemas:core:2.0:User'], 'userName': 'ada', 'active': False}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .canonical import put, schemas_of, value_at
from .errors import InvalidPath, InvalidSyntax, InvalidValue
from .path import AttributePath, resolve
from .schema import Attribute, ResourceType, Schema
from .tolerance import TOLERANT, Tolerance
from .values import DEFAULT_LIMITS, ValueLimits, ValueReader, is_blank

SCHEMAS_MISSING = "schemas missing"


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A canonical document without readOnly attributes, and the names of what was left out of it."""

    document: dict[str, Any]
    ignored: tuple[str, ...] = ()


def read_resource(
    payload: Any,
    resource_type: ResourceType,
    tolerance: Tolerance = TOLERANT,
    limits: ValueLimits = DEFAULT_LIMITS,
) -> ReadResult:
    """Give the canonical document of a POST or PUT body.

    A client's id, meta and other readOnly attributes are ignored (RFC 7644 §3.3, §3.5.1), null and empty
    arrays mean "unassigned" (RFC 7643 §2.5), and unknown attributes and schemas are named in ``ignored``.

    Raises:
        InvalidSyntax: the body is no object, or its ``schemas`` do not name the resource's schema.
        InvalidValue: a value has the wrong type, or a required attribute has none.
        PayloadTooLarge: an attribute has too many values.
    """
    if not isinstance(payload, dict):
        raise InvalidSyntax("The body must be an object.")
    body = _Body(resource_type, ValueReader(tolerance, limits))
    body.read(payload)
    return ReadResult(body.finished(), tuple(body.reader.ignored))


class _Body:
    """A body on its way to a document."""

    def __init__(self, resource_type: ResourceType, reader: ValueReader) -> None:
        self.resource_type = resource_type
        self.reader = reader
        self.document: dict[str, Any] = {"schemas": [resource_type.schema.id]}

    def read(self, payload: dict[str, Any]) -> None:
        schemas = [value for name, value in payload.items() if name.lower() == "schemas"]
        self._check_schemas(schemas[-1] if schemas else None)
        for name, value in payload.items():
            extension = self.resource_type.extension(name)
            if extension is not None:
                self._read_extension(extension, value)
            elif name.lower() != "schemas":
                self._read_attribute(name, value)

    def finished(self) -> dict[str, Any]:
        """Give the document once every required attribute has a value."""
        for attribute in self.resource_type.core_attributes():
            if attribute.name != "schemas":
                _require(attribute, self.document.get(attribute.name))
        for extension in self.resource_type.extensions:
            attributes = self.document.get(extension.schema.id)
            if extension.required or attributes:
                for attribute in extension.schema.attributes:
                    _require(attribute, (attributes or {}).get(attribute.name))
        self.document["schemas"] = schemas_of(self.document, self.resource_type)
        return self.document

    def _check_schemas(self, schemas: Any) -> None:
        if schemas is None and self.reader.tolerance.missing_schemas:
            self.reader.note(SCHEMAS_MISSING)
            return
        if not isinstance(schemas, list) or not all(isinstance(urn, str) for urn in schemas):
            raise InvalidSyntax("'schemas' must be an array of URNs.")
        urns = [self.reader.tolerance.legacy_schema(urn, self.resource_type) for urn in schemas]
        for urn in urns:
            if self.resource_type.schema_by_urn(urn) is None:
                self.reader.leave_out(urn)
        if self.resource_type.schema.id.lower() not in {urn.lower() for urn in urns}:
            raise InvalidSyntax(f"'schemas' must name {self.resource_type.schema.id}.")

    def _read_extension(self, extension: Schema, value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            raise InvalidValue(f"{extension.id!r} must be an object.")
        for name, item in value.items():
            self._read_attribute(f"{extension.id}:{name}", item)

    def _read_attribute(self, name: str, value: Any) -> None:
        path = self._resolved(name)
        if path is None:
            self.reader.leave_out(name)
        elif "readOnly" in {path.attribute.mutability, path.target.mutability}:
            return
        elif path.sub is None:
            self._put(path, self.reader.read(path.attribute, value, path.root))
        else:
            self._put_sub(path, path.sub, value)

    def _resolved(self, name: str) -> AttributePath | None:
        """Give the path that a key names; a dotted one is a path only where that is tolerated."""
        try:
            path = resolve(name, self.resource_type)
        except InvalidPath:
            return None
        return path if path.sub is None or self.reader.tolerance.path_keys else None

    def _put(self, path: AttributePath, value: Any) -> None:
        """Assign a value; an object joins what dotted keys have said before."""
        present = value_at(self.document, path)
        if isinstance(present, dict) and isinstance(value, dict):
            value = {**present, **value}
        put(self.document, path, value)

    def _put_sub(self, path: AttributePath, sub: Attribute, value: Any) -> None:
        """Assign ``name.givenName``; in a multi-valued attribute the first element takes it."""
        read = self.reader.read_sub(path.attribute, sub, value, path.key)
        if read is None:
            return
        present = value_at(self.document, path)
        if path.attribute.multi_valued:
            first, *others = present or [{}]
            put(self.document, path, [{**first, sub.name: read}, *others])
        else:
            put(self.document, path, {**(present or {}), sub.name: read})


def _require(attribute: Attribute, value: Any) -> None:
    if attribute.required and attribute.mutability != "readOnly" and is_blank(value):
        raise InvalidValue(f"{attribute.name!r} is required.")
