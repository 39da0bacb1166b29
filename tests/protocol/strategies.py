"""Hypothesis strategies for documents and filters, with values so few that filters often hit.

``documents()`` gives canonical documents that scim2-models accepts too; ``filter_texts()`` and ``filters()``
give filters about their attributes, and with ``about=document`` such as nearly match that document. Unicode
is in: ß and ẞ, dotted I, composed and combining accents, ligatures, wildcards of LIKE, quotes and
backslashes.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, GROUP, GROUP_URN, USER, USER_URN
from django_provisioning.protocol.filters import Filter, parse
from django_provisioning.protocol.leaves import Leaf, leaves
from django_provisioning.protocol.path import AttributePath, resolve
from django_provisioning.protocol.schema import ResourceType

Strategy = st.SearchStrategy[Any]

TEXTS = [
    "a", "A", "b", "aB", "ab", "ada", "Ada", "ß", "ẞ", "ss", "SS", "i", "I", "İ", "é", "E\u0301", "e",
    "ﬁ", "fi", "a%", "a_b", "\\", '"', "a or b", "10", "9", "漢", "\U0001f600",
]  # fmt: skip
EMAILS = ["ada@example.com", "ADA@Example.com", "bob@example.com", "bob@example.org"]
URLS = ["https://example.com/a", "https://example.com/A", "https://example.org/b"]
IDS = ["1", "a1", "A1", "b2"]
TYPES = ["work", "Work", "home", "other"]
BINARIES = ["YQ==", "Yg==", "QUE="]
INSTANTS = [
    "2026-01-31T09:05:00Z",
    "2026-01-31T10:05:00+01:00",
    "2026-01-31T09:05:00.5Z",
    "2026-01-31T09:05:00.123456Z",
    "2026-01-30T23:59:59-05:00",
    "0999-12-31T00:00:00Z",
]
URNS = [USER_URN, ENTERPRISE_URN, GROUP_URN]

_OPERATORS = {
    "string": ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
    "reference": ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
    "binary": ["eq", "ne"],
    "boolean": ["eq", "ne"],
    "dateTime": ["eq", "ne", "gt", "ge", "lt", "le"],
}

_USER_NAMES = [
    "id", "externalId", "schemas", "userName", "displayName", "title", "active", "profileUrl",
    "name.givenName", "name.familyName", "meta.created", "meta.lastModified", "meta.version",
    "emails", "emails.value", "emails.type", "emails.primary", "emails.display", "roles", "roles.value",
    "addresses.locality", "photos.value", "groups", "groups.value", "groups.$ref", "x509Certificates.value",
    f"{ENTERPRISE_URN}:department", f"{ENTERPRISE_URN}:manager.value", f"{USER_URN}:userName",
]  # fmt: skip
_GROUP_NAMES = [
    "id", "externalId", "schemas", "displayName", "meta.created", "meta.version",
    "members", "members.value", "members.type", "members.display", "members.$ref",
]  # fmt: skip
_NAMES = {USER: _USER_NAMES, GROUP: _GROUP_NAMES}
_COMPLEX = {USER: ["name", "meta", "addresses", f"{ENTERPRISE_URN}:manager"], GROUP: ["meta"]}
_ELEMENTS = {
    USER: {
        "emails": ["value", "type", "primary", "display"],
        "roles": ["value", "type", "primary"],
        "groups": ["value", "display"],
        "addresses": ["locality", "type"],
        "schemas": ["value"],
    },
    GROUP: {"members": ["value", "type", "display"]},
}


def texts() -> Strategy:
    """Short texts that are often equal, and often equal only when folded."""
    return st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2).map("".join)


def _object(**members: Strategy) -> Strategy:
    """Objects with any of the members, at least one."""
    return st.fixed_dictionaries({}, optional=members).filter(bool)


def _plural(value: Strategy, **members: Strategy) -> Strategy:
    element = _object(
        value=value, type=st.sampled_from(TYPES), display=texts(), primary=st.just(False), **members
    )
    return st.lists(element, min_size=1, max_size=3).flatmap(_with_primary)


def _with_primary(elements: list[dict[str, Any]]) -> Strategy:
    """At most one element is primary (RFC 7643 §2.4)."""

    def promoted(chosen: int | None) -> list[dict[str, Any]]:
        return [
            element | ({"primary": True} if index == chosen else {}) for index, element in enumerate(elements)
        ]

    return st.none().map(promoted) | st.integers(0, len(elements) - 1).map(promoted)


def _meta(name: str) -> Strategy:
    return _object(
        resourceType=st.just(name),
        created=st.sampled_from(INSTANTS),
        lastModified=st.sampled_from(INSTANTS),
        location=st.sampled_from(URLS),
        version=st.sampled_from(['W/"1"', 'W/"2"']),
    )


def users() -> Strategy:
    """Canonical User documents, with the enterprise extension or not."""
    extension = _object(
        department=texts(),
        costCenter=texts(),
        manager=_object(value=st.sampled_from(IDS), displayName=texts()),
    )
    optional = {
        "id": st.sampled_from(IDS),
        "externalId": st.sampled_from(IDS) | texts(),
        "meta": _meta("User"),
        "name": _object(givenName=texts(), familyName=texts(), formatted=texts()),
        "displayName": texts(),
        "title": texts(),
        "active": st.booleans(),
        "profileUrl": st.sampled_from(URLS),
        "emails": _plural(st.sampled_from(EMAILS)),
        "roles": _plural(texts()),
        "photos": _plural(st.sampled_from(URLS)),
        "x509Certificates": _plural(st.sampled_from(BINARIES)),
        "addresses": st.lists(_object(locality=texts(), type=st.sampled_from(TYPES)), min_size=1, max_size=2),
        "groups": st.lists(
            _object(value=st.sampled_from(IDS), display=texts(), **{"$ref": st.sampled_from(URLS)}),
            min_size=1,
            max_size=2,
        ),
        ENTERPRISE_URN: extension,
    }
    documents_ = st.fixed_dictionaries({"userName": texts()}, optional=optional)
    return documents_.map(lambda document: _with_schemas(document, USER_URN))


def groups() -> Strategy:
    """Canonical Group documents with their members."""
    member = _object(
        value=st.sampled_from(IDS),
        display=texts(),
        type=st.sampled_from(["User", "Group"]),
        **{"$ref": st.sampled_from(URLS)},
    )
    optional = {
        "id": st.sampled_from(IDS),
        "externalId": st.sampled_from(IDS),
        "meta": _meta("Group"),
        "members": st.lists(member, min_size=1, max_size=3),
    }
    documents_ = st.fixed_dictionaries({"displayName": texts()}, optional=optional)
    return documents_.map(lambda document: _with_schemas(document, GROUP_URN))


def _with_schemas(document: dict[str, Any], core: str) -> dict[str, Any]:
    extensions = [ENTERPRISE_URN] if ENTERPRISE_URN in document else []
    return {"schemas": [core, *extensions], **document}


def documents(resource_type: ResourceType = USER) -> Strategy:
    """Canonical documents of a resource type."""
    return users() if resource_type is USER else groups()


def _literals(path: AttributePath) -> Strategy:
    target = path.target
    pools: dict[str, Strategy] = {
        "boolean": st.sampled_from(["true", "false", "True", '"True"', '"false"']),
        "dateTime": st.sampled_from(INSTANTS).map(json.dumps),
        "binary": st.sampled_from(BINARIES).map(json.dumps),
        "reference": st.sampled_from(URLS).map(json.dumps),
        "string": (texts() | st.sampled_from(IDS + TYPES)).map(json.dumps),
    }
    if path.root == "schemas":
        return st.sampled_from(URNS).map(json.dumps)
    if path.root == "emails" and (path.sub is None or path.sub.name == "value"):
        return st.sampled_from(EMAILS).map(json.dumps)
    return pools["string" if target.is_complex else target.type]


def _comparisons(name: str, path: AttributePath) -> Strategy:
    compared = path
    if path.target.is_complex and (value := path.attribute.sub("value")):
        compared = path.child(value)
    operators = st.sampled_from(_OPERATORS[compared.target.type])
    return st.builds(
        lambda operator, literal: f"{name} {operator} {literal}",
        st.one_of(operators, operators.map(str.upper)),
        _literals(compared),
    )


def _atoms(names: list[str], resource_type: ResourceType, complex_names: list[str]) -> Strategy:
    comparisons = st.sampled_from(names).flatmap(
        lambda name: _comparisons(name, resolve(name, resource_type))
    )
    present = st.sampled_from(names + complex_names).map(lambda name: f"{name} pr")
    return st.one_of(comparisons, comparisons, present)


def _element_atoms(attribute: str, resource_type: ResourceType) -> Strategy:
    path = resolve(attribute, resource_type)

    def comparisons(name: str) -> Strategy:
        sub = path.attribute.sub(name)
        return _comparisons(name, path.child(sub) if sub else path)

    names = st.sampled_from(_ELEMENTS[resource_type][attribute])
    return names.flatmap(comparisons) | names.map(lambda name: f"{name} pr")


def _combined(atoms: Strategy, max_leaves: int) -> Strategy:
    """Filters of any shape: and, or, not and brackets around atoms."""

    def grow(inner: Strategy) -> Strategy:
        return st.one_of(
            st.tuples(inner, st.sampled_from([" and ", " or ", " OR "]), inner).map("".join),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"not ({text})"),
        )

    return st.recursive(atoms, grow, max_leaves=max_leaves)


def _value_paths(resource_type: ResourceType) -> Strategy:
    return st.sampled_from(list(_ELEMENTS[resource_type])).flatmap(
        lambda name: value_filter_texts(name, resource_type).map(lambda inner: f"{name}[{inner}]")
    )


def value_filter_texts(attribute: str, resource_type: ResourceType = USER) -> Strategy:
    """Texts between the brackets of a value path of that attribute."""
    return _combined(_element_atoms(attribute, resource_type), max_leaves=3)


def _nulls(names: list[str]) -> Strategy:
    return st.builds(
        lambda name, operator: f"{name} {operator} null",
        st.sampled_from(names),
        st.sampled_from(["eq", "ne"]),
    )


def _pointed(leaf: Leaf, resource_type: ResourceType, *, in_brackets: bool = False) -> Strategy:
    """Comparisons of the attribute that a leaf came from with its value or a piece of it."""
    path = resolve(f"{leaf.root}.{leaf.sub}" if leaf.sub else leaf.root, resource_type)
    name = (leaf.sub or "value") if in_brackets else path.key
    pieces = [leaf.text[:1], leaf.text[-1:], leaf.text[:-1] or leaf.text, leaf.text]

    def comparison(operator: str) -> Strategy:
        literals = pieces if operator in ("co", "sw", "ew") else [leaf.text]
        return st.sampled_from(literals).map(lambda literal: f"{name} {operator} {json.dumps(literal)}")

    return st.sampled_from(_OPERATORS[path.target.type]).flatmap(comparison)


def _pointed_pairs(found: list[Leaf], resource_type: ResourceType) -> Strategy:
    """Value paths with two conditions, which one element may satisfy or two between them."""
    in_elements = [leaf for leaf in found if leaf.root in _ELEMENTS[resource_type]]
    if not in_elements:
        return st.nothing()

    def pair(first: Leaf) -> Strategy:
        siblings = st.sampled_from([leaf for leaf in in_elements if leaf.root == first.root])
        second = siblings.flatmap(lambda leaf: _pointed(leaf, resource_type, in_brackets=True))
        return st.builds(
            lambda one, connective, two: f"{first.root}[{one} {connective} {two}]",
            _pointed(first, resource_type, in_brackets=True),
            st.sampled_from(["and", "and", "or"]),
            second,
        )

    return st.sampled_from(in_elements).flatmap(pair)


def filter_texts(
    resource_type: ResourceType = USER, *, nulls: bool = True, about: dict[str, Any] | None = None
) -> Strategy:
    """Filters as clients write them, all of them valid.

    ``nulls`` says whether some compare with null; ``about`` is a document that most of them shall nearly
    match.
    """
    names, complex_names = _NAMES[resource_type], _COMPLEX[resource_type]
    atoms = _atoms(names, resource_type, complex_names) | _value_paths(resource_type)
    if nulls:
        atoms |= _nulls(names + complex_names)
    if about is not None:
        found = [leaf for leaf in leaves(about, resource_type) if leaf.text]
        pointed = st.sampled_from(found).flatmap(lambda leaf: _pointed(leaf, resource_type))
        atoms = st.one_of(pointed, pointed, _pointed_pairs(found, resource_type), atoms)
    return _combined(atoms, max_leaves=4)


def filters(resource_type: ResourceType = USER, *, nulls: bool = True) -> st.SearchStrategy[Filter]:
    """Parsed filters."""
    return filter_texts(resource_type, nulls=nulls).map(lambda text: parse(text, resource_type))
