"""Attribute paths, resolved against a resource type (RFC 7644 §3.10).

A path is written ``userName``, ``name.givenName``, ``emails.value`` or, with a schema URN in front,
``urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value``. Names ignore case; what comes
out has the canonical spelling, so two spellings of one attribute are one ``AttributePath``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .errors import InvalidPath
from .schema import Attribute, ResourceType, Schema


@dataclass(frozen=True, slots=True)
class AttributePath:
    """An attribute of a resource, and at most one of its sub-attributes.

    ``extension`` is the URN of the extension schema that owns the attribute, None for core and common ones.
    """

    attribute: Attribute
    sub: Attribute | None = None
    extension: str | None = None

    @property
    def target(self) -> Attribute:
        """The attribute that a value at this path belongs to: the sub-attribute if there is one."""
        return self.sub or self.attribute

    @property
    def root(self) -> str:
        """Canonical name of the attribute with its extension URN, without the sub-attribute."""
        return f"{self.extension}:{self.attribute.name}" if self.extension else self.attribute.name

    @property
    def key(self) -> str:
        """Canonical text of the whole path: ``emails.value``."""
        return f"{self.root}.{self.sub.name}" if self.sub else self.root

    def child(self, sub: Attribute) -> AttributePath:
        """Give the path of a sub-attribute of this attribute."""
        return AttributePath(self.attribute, sub, self.extension)


@lru_cache(maxsize=4096)
def resolve(text: str, resource_type: ResourceType) -> AttributePath:
    """Give the path that the text names.

    >>> from .core_schemas import USER
    >>> resolve("EMAILS.Value", USER).key
    'emails.value'

    Raises:
        InvalidPath: the text is no path, or names an attribute that the resource type does not have.
    """
    extension, names = _split_urn(text, resource_type)
    name, dot, sub_name = names.partition(".")
    attribute = extension.attribute(name) if extension else resource_type.core_attribute(name)
    if attribute is None:
        raise InvalidPath(f"{text[:100]!r} is not an attribute of {resource_type.name}.")
    urn = extension.id if extension else None
    if not dot:
        return AttributePath(attribute, None, urn)
    sub = attribute.sub(sub_name)
    if sub is None:
        raise InvalidPath(f"{attribute.name!r} has no sub-attribute {sub_name[:100]!r}.")
    return AttributePath(attribute, sub, urn)


def _split_urn(text: str, resource_type: ResourceType) -> tuple[Schema | None, str]:
    """Split a leading schema URN off; the core schema's URN gives no extension (RFC 7644 §3.10)."""
    if not text.lower().startswith("urn:"):
        return None, text
    folded = text.lower()
    for schema in (resource_type.schema, *(extension.schema for extension in resource_type.extensions)):
        prefix = schema.id.lower() + ":"
        if folded.startswith(prefix):
            return (None if schema is resource_type.schema else schema), text[len(prefix) :]
    raise InvalidPath(f"{text[:100]!r} starts with no schema of {resource_type.name}.")
