"""Schemas of the discovery resources (RFC 7643 §5–7, characteristics of §8.7.2; paging of RFC 9865 §4)."""

from __future__ import annotations

from ..schema import RESOURCE_TYPE_URN, SCHEMA_URN, Attribute, Schema, Type

SERVICE_PROVIDER_CONFIG_URN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"


def _fact(
    name: str,
    type_: Type = "string",
    description: str = "",
    *,
    required: bool = True,
    multi_valued: bool = False,
    case_exact: bool = False,
    canonical_values: tuple[str, ...] = (),
    subs: tuple[Attribute, ...] = (),
) -> Attribute:
    """Give a readOnly attribute: discovery resources describe the server, nobody writes them."""
    return Attribute(
        name,
        type_,
        description,
        multi_valued=multi_valued,
        required=required,
        case_exact=case_exact or type_ == "reference",
        mutability="readOnly",
        canonical_values=canonical_values,
        sub_attributes=subs,
    )


def _link(name: str, description: str, *types: str, required: bool = False) -> Attribute:
    return Attribute(
        name,
        "reference",
        description,
        required=required,
        case_exact=True,
        mutability="readOnly",
        reference_types=types,
    )


def _feature(name: str, description: str, *limits: Attribute) -> Attribute:
    supported = _fact("supported", "boolean", "Whether the server supports it.")
    return _fact(name, "complex", description, subs=(supported, *limits))


_PAGINATION = _fact(
    "pagination",
    "complex",
    "How lists are paged.",
    required=False,
    subs=(
        _fact("cursor", "boolean", "Whether cursors are supported."),
        _fact("index", "boolean", "Whether startIndex is supported."),
        _fact(
            "defaultPaginationMethod",
            description="Method used when the request names none.",
            required=False,
            canonical_values=("cursor", "index"),
        ),
        _fact("defaultPageSize", "integer", "Page size when the request names no count.", required=False),
        _fact("maxPageSize", "integer", "Most resources on a page.", required=False),
        _fact("cursorTimeout", "integer", "Seconds for which a cursor is good.", required=False),
    ),
)

_AUTHENTICATION_SCHEMES = _fact(
    "authenticationSchemes",
    "complex",
    "How a client can authenticate.",
    multi_valued=True,
    subs=(
        _fact(
            "type",
            description="Kind of authentication.",
            canonical_values=("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"),
        ),
        _fact("name", description="Common name of the scheme."),
        _fact("description", description="Description of the scheme."),
        _link("specUri", "URL of the specification.", "external"),
        _link("documentationUri", "URL of the documentation.", "external"),
        _fact("primary", "boolean", "Whether this is the preferred scheme.", required=False),
    ),
)

SERVICE_PROVIDER_CONFIG_SCHEMA = Schema(
    SERVICE_PROVIDER_CONFIG_URN,
    "ServiceProviderConfig",
    "What the server supports",
    (
        _link("documentationUri", "URL of documentation for people.", "external"),
        _feature("patch", "PATCH requests."),
        _feature(
            "bulk",
            "Bulk requests.",
            _fact("maxOperations", "integer", "Most operations in a request."),
            _fact("maxPayloadSize", "integer", "Most bytes in a request."),
        ),
        _feature("filter", "Filters.", _fact("maxResults", "integer", "Most resources in an answer.")),
        _feature("changePassword", "Changing a password."),
        _feature("sort", "Sorting."),
        _feature("etag", "ETags."),
        _AUTHENTICATION_SCHEMES,
        _PAGINATION,
    ),
)

RESOURCE_TYPE_SCHEMA = Schema(
    RESOURCE_TYPE_URN,
    "ResourceType",
    "Kind of resource that the server has",
    (
        _fact("id", description="Identifier of the resource type.", required=False),
        Attribute(
            "name",
            description="Name of the resource type.",
            required=True,
            case_exact=True,
            mutability="readOnly",
            uniqueness="server",
        ),
        _fact("description", description="Description for people.", required=False),
        Attribute(
            "endpoint",
            "reference",
            "Address of the resources, relative to the base URL.",
            required=True,
            case_exact=True,
            mutability="readOnly",
            uniqueness="server",
            reference_types=("uri",),
        ),
        _link("schema", "URN of the core schema.", "uri", required=True),
        _fact(
            "schemaExtensions",
            "complex",
            "Extensions of the resource type.",
            multi_valued=True,
            subs=(
                _link("schema", "URN of the extension.", "uri", required=True),
                _fact("required", "boolean", "Whether every resource must have the extension."),
            ),
        ),
    ),
)

_SIMPLE_TYPES = ("string", "boolean", "decimal", "integer", "dateTime", "reference", "binary")


def _definition(types: tuple[str, ...], *subs: Attribute) -> tuple[Attribute, ...]:
    """Give what describes an attribute; erratum 8415: binary is a type, complex is none of sub-attributes."""
    return (
        _fact("name", description="Name of the attribute.", case_exact=True),
        _fact("type", description="Data type.", canonical_values=types),
        _fact("multiValued", "boolean", "Whether the attribute has several values."),
        _fact("description", description="Description for people.", required=False, case_exact=True),
        _fact("required", "boolean", "Whether a value must be given.", required=False),
        _fact(
            "canonicalValues",
            description="Suggested values.",
            required=False,
            multi_valued=True,
            case_exact=True,
        ),
        _fact("caseExact", "boolean", "Whether comparisons heed the case.", required=False),
        _keyword("mutability", "Who may write it.", "readOnly", "readWrite", "immutable", "writeOnly"),
        _keyword("returned", "When it is given back.", "always", "never", "default", "request"),
        _keyword("uniqueness", "How the value must be unique.", "none", "server", "global"),
        _fact(
            "referenceTypes",
            description="What a reference may refer to.",
            required=False,
            multi_valued=True,
            case_exact=True,
        ),
        *subs,
    )


def _keyword(name: str, description: str, *words: str) -> Attribute:
    return _fact(name, description=description, required=False, case_exact=True, canonical_values=words)


SCHEMA_SCHEMA = Schema(
    SCHEMA_URN,
    "Schema",
    "Description of a schema",
    (
        _fact("id", description="URN of the schema."),
        _fact("name", description="Name for people."),
        _fact("description", description="Description for people.", required=False),
        _fact(
            "attributes",
            "complex",
            "Attributes of the schema.",
            multi_valued=True,
            subs=_definition(
                (*_SIMPLE_TYPES, "complex"),
                _fact(
                    "subAttributes",
                    "complex",
                    "Sub-attributes of a complex attribute.",
                    required=False,
                    multi_valued=True,
                    subs=_definition(_SIMPLE_TYPES),
                ),
            ),
        ),
    ),
)
