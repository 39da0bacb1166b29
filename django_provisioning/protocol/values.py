"""Values of attributes: types checked, names made canonical, deviations read as they are meant.

POST, PUT and PATCH read their values here, so that one value means the same in each of them. Messages name
the attribute and the rule and never hold the value: it may be a password.

>>> from .core_schemas import USER
>>> reader = ValueReader(TOLERANT)
>>> reader.read(USER.core_attribute("emails"), {"VALUE": "ada@example.com", "primary": "True"}, "emails")
[{'value': 'ada@example.com', 'primary': True}]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .canonical import is_empty
from .comparison import comparable
from .errors import InvalidValue, PayloadTooLarge
from .schema import Attribute
from .tolerance import TOLERANT, Tolerance

_MAX_IGNORED = 100
_MAX_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ValueLimits:
    """What one value may hold: characters of a text, of a reference or binary, elements of an attribute.

    Members have a limit of their own: a group is no document that is kept and patched as one.
    Lengths are checked before anything normalises the text: NFKC is quadratic in combining marks.
    """

    max_text: int = 1_024
    max_long_text: int = 65_536
    max_values: int = 1_000
    max_members: int = 10_000

    def elements_of(self, attribute: Attribute) -> int:
        """Give how many elements a value of the attribute may have."""
        return self.max_members if attribute.name == "members" else self.max_values


DEFAULT_LIMITS = ValueLimits()


class ValueReader:
    """Reads values under one tolerance and collects the names of what it leaves out in ``ignored``."""

    def __init__(self, tolerance: Tolerance = TOLERANT, limits: ValueLimits = DEFAULT_LIMITS) -> None:
        self.tolerance = tolerance
        self.limits = limits
        self.ignored: list[str] = []

    def leave_out(self, name: str) -> None:
        """Record a name that no schema knows.

        Raises:
            InvalidValue: the tolerance is strict.
        """
        if not self.tolerance.unknown_attributes:
            raise InvalidValue(f"{name[:_MAX_NAME_LENGTH]!r} is not known to this resource type.")
        self.note(name)

    def note(self, name: str) -> None:
        """Record what was ignored, once, and not without bound: the names come from the client."""
        short = name[:_MAX_NAME_LENGTH]
        if len(self.ignored) < _MAX_IGNORED and short not in self.ignored:
            self.ignored.append(short)

    def read(self, attribute: Attribute, value: Any, name: str) -> Any:
        """Give the canonical value of the attribute, or None when the value means "unassigned".

        ``name`` is how messages call the attribute.

        Raises:
            InvalidValue: the type is wrong, a required sub-attribute is missing, or a text is too long.
            PayloadTooLarge: there are more elements than the limit.
        """
        if not attribute.multi_valued or is_empty(value):
            return self.read_one(attribute, value, name)
        if not isinstance(value, list):
            if not self.tolerance.single_for_many:
                raise InvalidValue(f"{name!r} is multi-valued: its value must be an array.")
            value = [value]
        return self.read_elements(attribute, value, name) or None

    def read_elements(self, attribute: Attribute, values: list[Any], name: str) -> list[Any]:
        """Give the elements of a multi-valued attribute, of which at most one is primary."""
        if len(values) > self.limits.elements_of(attribute):
            raise PayloadTooLarge(f"{name!r} takes at most {self.limits.elements_of(attribute)} values.")
        elements = (self.read_one(attribute, value, name) for value in values)
        return with_one_primary([element for element in elements if element is not None])

    def read_one(self, attribute: Attribute, value: Any, name: str) -> Any:
        """Give a single value, or one element of a multi-valued attribute; None when it is unassigned."""
        if is_empty(value):
            return None
        if not attribute.is_complex:
            return self._simple(attribute, value, name)
        members = {
            key: item for key, item in self.read_part(attribute, value, name).items() if item is not None
        }
        for sub in attribute.sub_attributes:
            if members and sub.required and is_blank(members.get(sub.name)):
                raise InvalidValue(f"'{name}.{sub.name}' is required.")
        return members or None

    def read_part(self, attribute: Attribute, value: Any, name: str) -> dict[str, Any]:
        """Give the named sub-attributes of a complex value; None stands for "unassign it".

        readOnly ones are left out, as RFC 7644 §3.5.1 has it.
        """
        members: dict[str, Any] = {}
        for key, item in self._object(attribute, value, name).items():
            sub = attribute.sub(key)
            if sub is None:
                self.leave_out(f"{name}.{key}")
            elif sub.mutability != "readOnly":
                members[sub.name] = self.read_sub(attribute, sub, item, f"{name}.{sub.name}")
        return members

    def read_sub(self, attribute: Attribute, sub: Attribute, value: Any, name: str) -> Any:
        """Give the value of a sub-attribute; "" clears what a single reference like ``manager`` points to."""
        if (
            value == ""
            and not attribute.multi_valued
            and sub.name == "value"
            and self.tolerance.complex_from_text
        ):
            return None
        return self.read(sub, value, name)

    def _object(self, attribute: Attribute, value: Any, name: str) -> dict[str, Any]:
        if isinstance(value, str) and self.tolerance.complex_from_text and attribute.sub("value"):
            return {"value": value} if value else {}
        if not isinstance(value, dict):
            raise InvalidValue(f"{name!r} must be an object.")
        return value

    def _simple(self, attribute: Attribute, value: Any, name: str) -> Any:
        match attribute.type:
            case "boolean":
                return self._boolean(value, name)
            case "integer" | "decimal":
                return _number(attribute, value, name)
            case "dateTime":
                return _instant(attribute, self._text(attribute, value, name), name)
            case _:
                return self._text(attribute, value, name)

    def _boolean(self, value: Any, name: str) -> bool:
        if isinstance(value, bool):
            return value
        if self.tolerance.boolean_text and isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise InvalidValue(f"{name!r} must be a boolean.")

    def _text(self, attribute: Attribute, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise InvalidValue(f"{name!r} must be a string.")
        is_long = attribute.type in {"reference", "binary"}
        limit = self.limits.max_long_text if is_long else self.limits.max_text
        if len(value) > limit:
            raise InvalidValue(f"{name!r} is longer than {limit} characters.")
        return value


def is_blank(value: Any) -> bool:
    """Tell whether a value is none that a required attribute may have: unassigned, or white space."""
    return is_empty(value) or (isinstance(value, str) and not value.strip())


def with_one_primary(elements: list[Any]) -> list[Any]:
    """Let at most one element be primary (RFC 7643 §2.4): the last that says so."""
    marked = [index for index, element in enumerate(elements) if is_primary(element)]
    result = list(elements)
    for index in marked[:-1]:
        result[index] = {**elements[index], "primary": False}
    return result


def is_primary(element: Any) -> bool:
    """Tell whether an element says that it is the primary one."""
    return isinstance(element, dict) and element.get("primary") is True


def _number(attribute: Attribute, value: Any, name: str) -> int | float:
    allowed = int if attribute.type == "integer" else (int, float)
    if not isinstance(value, allowed) or isinstance(value, bool):
        raise InvalidValue(f"{name!r} must be a number of type {attribute.type}.")
    return value


def _instant(attribute: Attribute, value: str, name: str) -> str:
    try:
        comparable(attribute, value)
    except ValueError as error:
        raise InvalidValue(f"{name!r} must be a dateTime such as 2026-01-31T09:05:00Z.") from error
    return value
