"""What of a resource goes into an answer: RFC 7644 §3.9 over the ``returned`` of RFC 7643 §7.

>>> from .core_schemas import USER
>>> wanted = Projection.parse("NAME.givenName", None, USER)
>>> wanted.project({"id": "1", "userName": "ada", "name": {"givenName": "Ada", "familyName": "Lovelace"}})
{'id': '1', 'name': {'givenName': 'Ada'}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .errors import InvalidPath, InvalidValue
from .path import AttributePath, resolve
from .schema import Attribute, ResourceType

# What becomes of an attribute: None keeps it as it is, a set keeps these sub-attributes, no entry drops it.
_Plan = Mapping[str, frozenset[str] | None]
_ALWAYS_KEPT = frozenset({"id", "schemas"})
# Longer lists are not remembered: the names come from the client and would fill the memory.
_MAX_CACHED_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Projection:
    """Which attributes of a resource go into an answer; made once per query, applied to each resource."""

    plan: _Plan
    extensions: frozenset[str]
    # Roots that the plan drops or cuts: a document without them goes out as it is.
    restricted: frozenset[str]
    is_default: bool = False

    @classmethod
    def parse(
        cls,
        attributes: str | Iterable[str] | None,
        excluded: str | Iterable[str] | None,
        resource_type: ResourceType,
    ) -> Projection:
        """Give the projection that the parameters ask for.

        Names ignore case and may carry a schema URN; the URN of an extension alone names all of it; unknown
        names select nothing. Blank parameters count as absent.

        Raises:
            InvalidValue: both are given; they exclude each other.
        """
        wanted, unwanted = _names(attributes), _names(excluded)
        if wanted is not None and unwanted is not None:
            raise InvalidValue("Give either 'attributes' or 'excludedAttributes', not both.")
        if sum(map(len, wanted or unwanted or ())) > _MAX_CACHED_CHARACTERS:
            return _build(wanted, unwanted, resource_type)
        return _cached(wanted, unwanted, resource_type)

    def wants(self, root: str) -> bool:
        """Tell whether the attribute can be in the answer: what cannot need not be loaded."""
        return root in self.plan

    def project(self, document: dict[str, Any]) -> dict[str, Any]:
        """Give the part of a canonical document that goes out; the document itself when that is all of it."""
        if self.is_default and self._is_untouched(document):
            return document
        result: dict[str, Any] = {}
        for name, value in document.items():
            kept = self._extension(name, value) if name in self.extensions else self._kept(name, value)
            if kept is not None:
                result[name] = kept
        return result

    def _is_untouched(self, document: dict[str, Any]) -> bool:
        if not self.restricted.isdisjoint(document):
            return False
        return all(
            self.restricted.isdisjoint(f"{urn}:{name}" for name in document[urn])
            for urn in self.extensions
            if urn in document
        )

    def _extension(self, urn: str, attributes: dict[str, Any]) -> dict[str, Any] | None:
        kept = ((name, self._kept(f"{urn}:{name}", value)) for name, value in attributes.items())
        return {name: value for name, value in kept if value is not None} or None

    def _kept(self, root: str, value: Any) -> Any:
        """Give what is kept of an attribute, None for nothing."""
        if root not in self.plan:
            return None
        subs = self.plan[root]
        if subs is None:
            return value
        if isinstance(value, list):
            return [kept for element in value if (kept := _cut(element, subs))] or None
        return _cut(value, subs) or None


def _cut(value: Any, subs: frozenset[str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if name in subs}


def _names(names: str | Iterable[str] | None) -> frozenset[str] | None:
    """Give the names in lower case, None when there are none."""
    if names is None:
        return None
    texts = [names] if isinstance(names, str) else names
    found = frozenset(name for text in texts for item in text.split(",") if (name := item.strip().lower()))
    return found or None


def _build(
    wanted: frozenset[str] | None, unwanted: frozenset[str] | None, resource_type: ResourceType
) -> Projection:
    named = _resolved(wanted or unwanted or frozenset(), resource_type)
    plan: dict[str, frozenset[str] | None] = {}
    restricted: set[str] = set()
    for path in _attributes(resource_type):
        subs = _decide(path.attribute, named.get(path.root, frozenset()), wanted=wanted, unwanted=unwanted)
        every = frozenset(sub.name for sub in path.attribute.sub_attributes)
        if subs is not None:
            plan[path.root] = None if subs == every else subs
        if subs != every:
            restricted.add(path.root)
    extensions = frozenset(extension.schema.id for extension in resource_type.extensions)
    return Projection(plan, extensions, frozenset(restricted), wanted is None and unwanted is None)


_cached = lru_cache(maxsize=512)(_build)


def _attributes(resource_type: ResourceType) -> Iterator[AttributePath]:
    for attribute in resource_type.core_attributes():
        yield AttributePath(attribute)
    for extension in resource_type.extensions:
        for attribute in extension.schema.attributes:
            yield AttributePath(attribute, None, extension.schema.id)


def _resolved(names: frozenset[str], resource_type: ResourceType) -> dict[str, frozenset[str]]:
    """Give the named attributes: root to the names of the sub-attributes, "" for the attribute itself."""
    named: dict[str, frozenset[str]] = {}
    for name in names:
        for path in _paths(name, resource_type):
            sub = path.sub.name if path.sub else ""
            named[path.root] = named.get(path.root, frozenset()) | {sub}
    return named


def _paths(name: str, resource_type: ResourceType) -> Iterator[AttributePath]:
    schema = resource_type.schema_by_urn(name)
    if schema is not None:
        extension = None if schema is resource_type.schema else schema.id
        yield from (AttributePath(attribute, None, extension) for attribute in schema.attributes)
        return
    try:
        yield resolve(name, resource_type)
    except InvalidPath:
        return


def _decide(
    attribute: Attribute,
    named: frozenset[str],
    *,
    wanted: frozenset[str] | None,
    unwanted: frozenset[str] | None,
) -> frozenset[str] | None:
    """Give the sub-attributes that go out (none for a simple attribute), or None when nothing does."""
    if attribute.returned == "never":
        return None
    is_always = attribute.returned == "always" or attribute.name in _ALWAYS_KEPT
    if wanted is not None:
        if not named:
            return _subs(attribute, wanted_subs=frozenset()) if is_always else None
        return _subs(attribute, wanted_subs=None if "" in named else named)
    if not is_always and (attribute.returned == "request" or "" in named):
        return None
    return _subs(attribute, unwanted_subs=named if unwanted is not None else frozenset())


def _subs(
    attribute: Attribute,
    *,
    wanted_subs: frozenset[str] | None = None,
    unwanted_subs: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Give the sub-attributes of an attribute that goes out.

    ``wanted_subs`` is None when all are meant; those returned on request come only when named.
    """
    return frozenset(
        sub.name for sub in attribute.sub_attributes if _is_sub_kept(sub, wanted_subs, unwanted_subs)
    )


def _is_sub_kept(sub: Attribute, wanted: frozenset[str] | None, unwanted: frozenset[str]) -> bool:
    match sub.returned:
        case "never":
            return False
        case "always":
            return True
        case "request":
            return wanted is not None and sub.name in wanted
    return sub.name not in unwanted if wanted is None else sub.name in wanted
