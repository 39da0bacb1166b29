"""Schemas as data: attributes with every characteristic of RFC 7643 §7, schemas, resource types.

All look-ups by name ignore case (RFC 7643 §2.1) and give the object with its canonical spelling.
Everything is immutable and built once at import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE_URN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"

Type = Literal["string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"]
Mutability = Literal["readOnly", "readWrite", "immutable", "writeOnly"]
Returned = Literal["always", "never", "default", "request"]
Uniqueness = Literal["none", "server", "global"]


def _by_name(attributes: tuple[Attribute, ...]) -> Mapping[str, Attribute]:
    return MappingProxyType({attribute.name.lower(): attribute for attribute in attributes})


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One attribute or sub-attribute; the defaults are those of RFC 7643 §2.2."""

    name: str
    type: Type = "string"
    description: str = ""
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = "readWrite"
    returned: Returned = "default"
    uniqueness: Uniqueness = "none"
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple[Attribute, ...] = ()
    _subs: Mapping[str, Attribute] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_subs", _by_name(self.sub_attributes))

    @property
    def is_complex(self) -> bool:
        """Whether values are objects with sub-attributes."""
        return self.type == "complex"

    def sub(self, name: str) -> Attribute | None:
        """Give the sub-attribute of that name in any case, or None."""
        return self._subs.get(name.lower())

    def to_dict(self) -> dict[str, Any]:
        """Give the attribute definition of RFC 7643 §7, every characteristic spelled out."""
        definition: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi_valued,
            "description": self.description,
            "required": self.required,
            "caseExact": self.case_exact,
            "mutability": self.mutability,
            "returned": self.returned,
            "uniqueness": self.uniqueness,
        }
        if self.canonical_values:
            definition["canonicalValues"] = list(self.canonical_values)
        if self.reference_types:
            definition["referenceTypes"] = list(self.reference_types)
        if self.sub_attributes:
            definition["subAttributes"] = [sub.to_dict() for sub in self.sub_attributes]
        return definition


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema with its URN; ``attributes`` leaves out the common ones (id, externalId, meta, schemas)."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]
    _attributes: Mapping[str, Attribute] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_attributes", _by_name(self.attributes))

    def attribute(self, name: str) -> Attribute | None:
        """Give the attribute of that name in any case, or None."""
        return self._attributes.get(name.lower())

    def to_dict(self) -> dict[str, Any]:
        """Give the schema as a resource without ``meta`` (RFC 7643 §7)."""
        return {
            "schemas": [SCHEMA_URN],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": [attribute.to_dict() for attribute in self.attributes],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Extension:
    """A schema that a resource type adds to its core schema (RFC 7643 §3.3)."""

    schema: Schema
    required: bool = False


# RFC 7643 §3.1: on every resource, in no schema.
COMMON_ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "schemas",
        "reference",
        "URNs of the schemas of the resource.",
        multi_valued=True,
        required=True,
        case_exact=True,
        returned="always",
        reference_types=("uri",),
    ),
    Attribute(
        "id",
        description="Identifier that the service provider gave.",
        case_exact=True,
        required=True,
        mutability="readOnly",
        returned="always",
        uniqueness="server",
    ),
    Attribute("externalId", description="Identifier that the provisioning client gave.", case_exact=True),
    Attribute(
        "meta",
        "complex",
        "Facts about the resource.",
        mutability="readOnly",
        sub_attributes=(
            Attribute(
                "resourceType",
                description="Name of the resource type.",
                case_exact=True,
                mutability="readOnly",
            ),
            Attribute("created", "dateTime", "When the resource was created.", mutability="readOnly"),
            Attribute(
                "lastModified", "dateTime", "When the resource was last changed.", mutability="readOnly"
            ),
            Attribute(
                "location",
                "reference",
                "URI of the resource.",
                case_exact=True,
                mutability="readOnly",
                reference_types=("uri",),
            ),
            Attribute("version", description="ETag of the resource.", case_exact=True, mutability="readOnly"),
        ),
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class ResourceType:
    """A kind of resource with its endpoint, core schema and extensions (RFC 7643 §6)."""

    name: str
    endpoint: str
    description: str
    schema: Schema
    extensions: tuple[Extension, ...] = ()
    _core: Mapping[str, Attribute] = field(init=False, repr=False, compare=False, hash=False)
    _extensions: Mapping[str, Schema] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_core", _by_name(COMMON_ATTRIBUTES + self.schema.attributes))
        object.__setattr__(
            self,
            "_extensions",
            MappingProxyType(
                {extension.schema.id.lower(): extension.schema for extension in self.extensions}
            ),
        )

    def core_attribute(self, name: str) -> Attribute | None:
        """Give a common or core attribute by its name in any case, or None."""
        return self._core.get(name.lower())

    def core_attributes(self) -> Iterator[Attribute]:
        """Iterate over the common attributes, then those of the core schema."""
        return iter(self._core.values())

    def extension(self, urn: str) -> Schema | None:
        """Give an extension schema by its URN in any case, or None."""
        return self._extensions.get(urn.lower())

    def schema_by_urn(self, urn: str) -> Schema | None:
        """Give the core schema or an extension by its URN in any case, or None."""
        return self.schema if urn.lower() == self.schema.id.lower() else self.extension(urn)

    def to_dict(self) -> dict[str, Any]:
        """Give the ResourceType resource without ``meta``; ``endpoint`` is relative (RFC 7643 §6)."""
        return {
            "schemas": [RESOURCE_TYPE_URN],
            "id": self.name,
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description,
            "schema": self.schema.id,
            "schemaExtensions": [
                {"schema": extension.schema.id, "required": extension.required}
                for extension in self.extensions
            ],
        }
