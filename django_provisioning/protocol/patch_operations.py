"""One member of ``Operations`` at a time: JSON in, operations with resolved paths and read values out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .canonical import is_empty
from .errors import InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget
from .filters import FilterLimits
from .patch_path import PatchPath, parse_patch_path
from .schema import Attribute, ResourceType, Schema
from .values import ValueReader, is_blank

Op = Literal["add", "remove", "replace"]
Asserted = dict[Literal["id", "schemas", "meta"], Any]

_OPS: dict[str, Op] = {"add": "add", "remove": "remove", "replace": "replace"}
_ASSERTED: dict[str, Literal["id", "schemas", "meta"]] = {"id": "id", "schemas": "schemas", "meta": "meta"}
_MEMBERS = frozenset({"op", "path", "value"})
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Operation:
    """A checked operation; it always has a path.

    ``value`` is canonical. For a complex attribute or element it is an object of the named sub-attributes,
    in which None means "unassign"; for a multi-valued attribute an array of elements. None unassigns the
    target; in a remove, None removes all and an array only those elements.
    """

    op: Op
    path: PatchPath
    value: Any = None


@dataclass(frozen=True, slots=True)
class PatchRequest:
    """Operations in their order, with what was left out of them.

    ``asserted`` holds ``id``, ``schemas`` and ``meta`` when a value without path named them, as Okta's and
    authentik's do: the caller refuses an id that is not the resource's and ignores the rest.
    """

    operations: tuple[Operation, ...]
    ignored: tuple[str, ...] = ()
    asserted: Asserted = field(default_factory=dict)


class OperationReader:
    """Reads operations in turn and collects them in ``operations``."""

    def __init__(self, resource_type: ResourceType, values: ValueReader, limits: FilterLimits) -> None:
        self.resource_type = resource_type
        self.values = values
        self.limits = limits
        self.operations: list[Operation] = []
        self.asserted: Asserted = {}

    def read(self, item: Any) -> None:
        """Read one operation, which may stand for several."""
        if not isinstance(item, dict):
            raise InvalidSyntax("Each operation must be an object.")
        members = {name.lower(): value for name, value in item.items()}
        for name in members.keys() - _MEMBERS:
            self.values.leave_out(f"Operations.{name}")
        name, path = members.get("op"), members.get("path")
        op = _OPS.get(name.lower()) if isinstance(name, str) else None
        if op is None:
            raise InvalidSyntax("'op' must be add, remove or replace.")
        if path is not None and not isinstance(path, str):
            raise InvalidPath("'path' must be a string.")
        if op == "remove":
            self._remove(path, members.get("value"))
        else:
            self._write(op, path, members.get("value", _MISSING))

    def _remove(self, text: str | None, value: Any) -> None:
        if text is None:
            raise NoTarget("A remove needs a path (RFC 7644 §3.5.2.2).")
        schema = self.resource_type.schema_by_urn(text)
        if schema is not None:
            self._remove_schema(schema)
            return
        path = parse_patch_path(text, self.resource_type, self.limits)
        _refuse_read_only(path)
        chooses = path.filter is not None or path.sub is not None
        narrowed = value is not None and path.attribute.multi_valued and not chooses
        if not narrowed:
            _refuse_removal(path)
        self.operations.append(Operation("remove", path, self._removed(path, value) if narrowed else None))

    def _removed(self, path: PatchPath, value: Any) -> list[Any]:
        """Read the elements to which the value of a remove narrows it, so that none is lost unnamed."""
        if not self.values.tolerance.value_narrows_removal:
            raise InvalidValue("A remove takes no value: choose the elements with a filter in the path.")
        elements = value if isinstance(value, list) else [value]
        if not path.attribute.is_complex:
            return self.values.read_elements(path.attribute, elements, path.key)
        parts = (self.values.read_part(path.attribute, element, path.key) for element in elements)
        named = ({name: item for name, item in part.items() if item is not None} for part in parts)
        return [part for part in named if part]

    def _remove_schema(self, schema: Schema) -> None:
        """Remove an extension as a whole: the path is its URN alone."""
        if schema is self.resource_type.schema:
            raise Mutability("The core schema cannot be removed. Delete the resource instead.")
        for attribute in schema.attributes:
            if attribute.mutability != "readOnly":
                self._remove(f"{schema.id}:{attribute.name}", None)

    def _write(self, op: Op, text: str | None, value: Any) -> None:
        if value is _MISSING:
            raise InvalidValue(f"The operation {op} needs a value.")
        if text is None:
            self._write_members(op, value)
            return
        schema = self.resource_type.schema_by_urn(text)
        if schema is self.resource_type.schema:
            self._write_members(op, value)
        elif schema is not None:
            self._write_schema(op, schema, value)
        else:
            self._write_at(op, parse_patch_path(text, self.resource_type, self.limits), value)

    def _write_members(self, op: Op, value: Any) -> None:
        """Read a value without path: each of its names is a path."""
        if not isinstance(value, dict):
            raise InvalidValue(f"The value of {op} without a path must be an object.")
        for name, item in value.items():
            schema = self.resource_type.schema_by_urn(name)
            if name.lower() in _ASSERTED:
                self.asserted[_ASSERTED[name.lower()]] = item
            elif schema is None:
                self._write_key(op, name, item)
            elif schema is self.resource_type.schema:
                self._write_members(op, item)
            else:
                self._write_schema(op, schema, item)

    def _write_schema(self, op: Op, schema: Schema, value: Any) -> None:
        """Read the object of an extension; null takes all of the extension away."""
        if is_empty(value):
            if op == "replace" and value is None:
                self._remove_schema(schema)
            return
        if not isinstance(value, dict):
            raise InvalidValue(f"{schema.id!r} must be an object.")
        for name, item in value.items():
            self._write_key(op, name, item, prefix=f"{schema.id}:")

    def _write_key(self, op: Op, name: str, value: Any, *, prefix: str = "") -> None:
        """Write at the path that a key names; an unknown name is no error where that is tolerated."""
        path = self._path_of_key(prefix, name)
        if path is None:
            self.values.leave_out(prefix + name)
        else:
            self._write_at(op, path, value)

    def _path_of_key(self, prefix: str, name: str) -> PatchPath | None:
        if not self.values.tolerance.path_keys and any(mark in name for mark in ".:["):
            return None
        try:
            return parse_patch_path(prefix + name, self.resource_type, self.limits)
        except (InvalidPath, InvalidFilter):
            return None

    def _write_at(self, op: Op, path: PatchPath, value: Any) -> None:
        if path.root == "schemas":
            self._check_schemas(value)
            return
        _refuse_read_only(path)
        read = self._value(path, value)
        if path.target.required and is_blank(read):
            raise InvalidValue(f"{path.key!r} is required.")
        if read is None and path.filter is not None and path.sub is None:
            op = "remove"
        self.operations.append(Operation(op, path, read))

    def _value(self, path: PatchPath, value: Any) -> Any:
        """Read the value as the path's target takes it; see ``Operation`` for the shapes."""
        attribute, key = path.attribute, path.key
        if path.sub is not None:
            return self.values.read_sub(attribute, path.sub, value, key)
        if path.filter is None and attribute.multi_valued:
            # One value is the RFC's own form here (§3.5.2.1), so it needs no tolerance.
            elements = value if isinstance(value, list) else [value]
            return self.values.read_elements(attribute, elements, key) or None
        if attribute.multi_valued and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is None or value == [] or not attribute.is_complex:
            return self.values.read_one(attribute, value, key)
        part = self.values.read_part(attribute, value, key)
        return _whole(attribute, part) if isinstance(value, str) else part

    def _check_schemas(self, value: Any) -> None:
        """Take a write to ``schemas`` that names known schemas: what it says follows from the attributes."""
        urns = value if isinstance(value, list) else [value]
        if not all(isinstance(urn, str) and self.resource_type.schema_by_urn(urn) for urn in urns):
            raise InvalidValue("'schemas' can name schemas of the resource type only.")
        self.values.note("schemas")


def _whole(attribute: Attribute, part: dict[str, Any]) -> dict[str, Any] | None:
    """Give an object that replaces all: ``manager`` as a string says nothing of the old one's ``$ref``."""
    return {**{sub.name: None for sub in attribute.sub_attributes}, **part} if part else None


def _refuse_read_only(path: PatchPath) -> None:
    if "readOnly" in {path.attribute.mutability, path.target.mutability}:
        raise Mutability(f"{path.key!r} is readOnly.")


def _refuse_removal(path: PatchPath) -> None:
    """Refuse to unassign a required attribute (RFC 7644 §3.5.2.2)."""
    is_whole = path.filter is None or path.sub is not None
    if path.root == "schemas" or (path.target.required and is_whole):
        raise Mutability(f"{path.key!r} is required and cannot be removed.")
