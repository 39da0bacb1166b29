"""Resource types that know more attributes than the schemas declare: those of ATTR_MAP and those of a document.

django-scim2 needs no schema, so a project's own attributes are in its adapters only. Their types are taken from the
model fields that ATTR_MAP names, or from the values themselves. Equal shapes give the same object, because the
protocol caches what it resolves by resource type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from ..protocol.schema import Attribute, Extension, ResourceType, Schema, Type

_PLAIN_NAME = re.compile(r"[A-Za-z$][A-Za-z0-9_$-]*")
_URN = re.compile(r"urn:[^\s\[\]]+:[A-Za-z$][A-Za-z0-9_$-]*", re.IGNORECASE)
_MOST_ATTRIBUTES = 200


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """An attribute that no schema declares; ``urn`` is "" for one beside the core attributes."""

    urn: str
    name: str
    type: Type = "string"
    multi_valued: bool = False
    parts: tuple[tuple[str, Type], ...] = ()


def of_attr_map(attr_map: Mapping[Any, str], model: type[models.Model], base: ResourceType) -> ResourceType:
    """Give the type with the attributes of an adapter's ATTR_MAP, so that they can be filtered on."""
    found = []
    for (name, sub, urn), column in attr_map.items():
        kind = _field_type(model, column)
        parts: tuple[tuple[str, Type], ...] = ((sub, kind),) if sub else ()
        found.append(Shape(urn or "", name, "complex" if sub else kind, parts=parts))
    return _with(base, found)


def of_documents(base: ResourceType, documents: Iterable[Any]) -> ResourceType:
    """Give the type with every attribute of the documents that it does not know, typed by its value."""
    found = [
        shape for document in documents if isinstance(document, dict) for shape in _shapes(document, base)
    ]
    return _with(base, found)


def of_patch(base: ResourceType, payload: Any) -> ResourceType:
    """Give the type with what the operations of a PATCH name: plain paths, and the keys of values without a path."""
    operations = payload.get("Operations") if isinstance(payload, dict) else None
    documents = []
    for operation in operations if isinstance(operations, list) else ():
        if not isinstance(operation, dict):
            continue
        path, value = operation.get("path"), operation.get("value")
        if path is None:
            documents.append(value)
        elif isinstance(path, str) and value is not None:
            documents.append(_nested(path, value))
    return of_documents(base, documents)


def beyond(base: ResourceType, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes that the type does not know."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        schema = base.extension(name)
        if schema is not None and isinstance(value, dict):
            inner = {key: part for key, part in value.items() if schema.attribute(key) is None}
            found |= {name: inner} if inner else {}
        elif base.core_attribute(name) is None:
            found[name] = value
    return found


def _nested(path: str, value: Any) -> dict[str, Any]:
    """Write ``urn:…:User:badge`` or ``badge.number`` as the document that the operation speaks of."""
    urn, colon, names = path.rpartition(":")
    name, dot, sub = names.partition(".")
    document = {name: {sub: value} if dot else value}
    return {urn: document} if colon else document


def _shapes(document: Mapping[Any, Any], base: ResourceType) -> Iterable[Shape]:
    for name, value in document.items():
        if not isinstance(name, str):
            continue
        schema = base.schema_by_urn(name)
        if name.lower().startswith("urn:"):
            if isinstance(value, dict) and _URN.fullmatch(name) and schema is not base.schema:
                yield from _of(value, schema.id if schema else name, schema)
        elif base.core_attribute(name) is None:
            yield from _of({name: value}, "", None)


def _of(attributes: Mapping[str, Any], urn: str, schema: Schema | None) -> Iterable[Shape]:
    for name, value in attributes.items():
        known = schema is not None and schema.attribute(name) is not None
        if known or not _PLAIN_NAME.fullmatch(name) or value in (None, [], {}):
            continue
        elements = value if isinstance(value, list) else [value]
        parts = {
            key: _value_type(part) for element in elements if isinstance(element, dict)
            for key, part in element.items() if _PLAIN_NAME.fullmatch(key) and not isinstance(part, dict | list)
        }  # fmt: skip
        kind: Type = "complex" if isinstance(elements[0], dict) else _value_type(elements[0])
        yield Shape(urn, name, kind, isinstance(value, list), tuple(sorted(parts.items())))


def _value_type(value: Any) -> Type:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "decimal"
        case _:
            return "string"


def _field_type(model: type[models.Model], column: str) -> Type:
    try:
        field = model._meta.get_field(column.rpartition(".")[2])
    except FieldDoesNotExist:  # A column of a joined table.
        return "string"
    if isinstance(field, models.BooleanField):
        return "boolean"
    return "integer" if isinstance(field, models.IntegerField) else "string"


def _with(base: ResourceType, shapes: Iterable[Shape]) -> ResourceType:
    unknown = {shape for shape in shapes if not _is_known(base, shape)}
    if not unknown or len(unknown) > _MOST_ATTRIBUTES:
        return base
    return _built(base, tuple(sorted(unknown)))


def _is_known(base: ResourceType, shape: Shape) -> bool:
    if not shape.urn:
        return base.core_attribute(shape.name) is not None
    schema = base.schema_by_urn(shape.urn)
    return schema is base.schema or (schema is not None and schema.attribute(shape.name) is not None)


@lru_cache(maxsize=256)
def _built(base: ResourceType, shapes: tuple[Shape, ...]) -> ResourceType:
    by_urn: dict[str, dict[str, Attribute]] = {}
    for shape in shapes:
        attributes = by_urn.setdefault(shape.urn, {})
        present = attributes.get(shape.name.lower())
        subs = {sub.name: sub for sub in present.sub_attributes} if present else {}
        subs |= {name: Attribute(name, kind) for name, kind in shape.parts if name not in subs}
        attributes[shape.name.lower()] = Attribute(
            shape.name, shape.type, multi_valued=shape.multi_valued, sub_attributes=tuple(subs.values())
        )
    core = _longer(base.schema, by_urn.pop("", {}))
    present_urns = {extension.schema.id: extension for extension in base.extensions}
    extensions = tuple(
        Extension(_longer(extension.schema, by_urn.pop(urn, {})), extension.required)
        for urn, extension in present_urns.items()
    )
    added = tuple(
        Extension(Schema(urn, urn.rpartition(":")[2], "", tuple(found.values())))
        for urn, found in by_urn.items()
    )
    return ResourceType(base.name, base.endpoint, base.description, core, extensions + added)


def _longer(schema: Schema, added: Mapping[str, Attribute]) -> Schema:
    if not added:
        return schema
    return Schema(schema.id, schema.name, schema.description, (*schema.attributes, *added.values()))
