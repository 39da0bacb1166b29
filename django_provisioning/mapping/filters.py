"""SCIM filters as one ``Q`` over identities or group links (RFC 7644 §3.4.2.2).

Columns serve the attributes that have one, ``AttributeValue`` rows all others. Conditions on related rows are
``IN (SELECT …)``, never joins: nothing is found twice and ``not`` stays exact. The caller ANDs the result to a
queryset that is restricted to the connection already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from ..models import AttributeValue, Connection, GroupLink, GroupNesting, Identity
from ..models.membership import membership_table
from ..protocol.comparison import fold
from ..protocol.filter_tree import And, Compare, Filter, Operator, Present, ValuePath
from ..protocol.path import AttributePath
from ..protocol.schema import ResourceType
from .columns import (
    EVERYTHING,
    Boolean,
    Column,
    ColumnVisitor,
    Constant,
    NotFilterable,
    Text,
    Time,
    compare_leaf,
    compile_columns,
)

_META: Mapping[str, Column] = {
    "meta": Constant("meta"),
    "meta.created": Time("created_at"),
    "meta.lastModified": Time("updated_at"),
    "meta.location": NotFilterable(),
    "meta.version": NotFilterable(),
}
_USER_COLUMNS: Mapping[str, Column] = {
    **_META,
    "id": Text("scim_id"),
    "externalId": Text("external_id", nullable=True),
    "userName": Text("user_name_key"),
    "active": Boolean(Q(active=True, user__is_active=True)),
    "meta.resourceType": Constant("User"),
}
_GROUP_COLUMNS: Mapping[str, Column] = {
    **_META,
    "id": Text("scim_id"),
    "externalId": Text("external_id", nullable=True),
    "displayName": Text("display_name_key"),
    "meta.resourceType": Constant("Group"),
}
_GROUP_ELEMENT: Mapping[str, Column] = {
    "value": Text("scim_id"),
    "display": Text("display_name_key"),
    "type": Constant("direct"),
}
_USER_MEMBER: Mapping[str, Column] = {
    "value": Text("scim_id"),
    "display": Text("user_name_key"),
    "type": Constant("user"),
}
_GROUP_MEMBER: Mapping[str, Column] = {**_GROUP_ELEMENT, "type": Constant("group")}


class _ResourceVisitor(ColumnVisitor):
    """Compiles a filter over one resource type; subclasses name its columns, owner column and relation."""

    owner: str
    relation: str

    def __init__(
        self, columns: Mapping[str, Column], connection: Connection, resource_type: ResourceType
    ) -> None:
        super().__init__(columns)
        self.connection = connection
        self.resource_type = resource_type

    def related(self, inner: Filter | None) -> Q:
        """Give the rows that have a related row (a membership) which satisfies ``inner``."""
        raise NotImplementedError

    def visit_compare(self, node: Compare) -> Q:
        if node.operator == Operator.NE:
            return ~self.visit_compare(Compare(node.path, Operator.EQ, node.text))
        if node.path.key in self.columns:
            return self.columns[node.path.key].compare(node.operator, node.text)
        if node.path.root == self.relation:
            return self.related(node)
        if node.path.root == "schemas":
            return self._schemas(node)
        return self._owners(_leaves(node.path) & compare_leaf(node.operator, node.text))

    def visit_present(self, node: Present) -> Q:
        if node.path.key in self.columns:
            return self.columns[node.path.key].present()
        if node.path.root == self.relation:
            return self.related(None)
        if node.path.root == "schemas":
            return EVERYTHING
        return self._owners(_leaves(node.path))

    def visit_value_path(self, node: ValuePath) -> Q:
        if node.path.root == self.relation:
            return self.related(node.inner)
        if node.path.root == "schemas":
            return self._schemas(node.inner)
        if node.path.root == "meta":
            return self.visit(node.inner)  # One object, and every part of it is a column.
        return self._owners(*self._element(node))

    def _owners(self, *conditions: Q | Exists) -> Q:
        rows = AttributeValue.objects.filter(*conditions, **{f"{self.owner}__isnull": False})
        return Q(pk__in=rows.values(self.owner))

    def _element(self, node: ValuePath) -> list[Q]:
        """Give conditions on one row that stands for the element.

        A top-level ``eq`` is the best such row, because the index finds it; the anchor serves otherwise.
        """
        terms = list(node.inner.terms) if isinstance(node.inner, And) else [node.inner]
        direct = [term for term in terms if isinstance(term, Compare) and term.operator == Operator.EQ]
        siblings = _SiblingVisitor(self.owner)
        if not direct:
            return [Q(root=node.path.root, sub=""), siblings.visit(node.inner)]
        best = next((term for term in direct if term.path.sub and term.path.sub.name == "value"), direct[0])
        rest = [siblings.visit(term) for term in terms if term is not best]
        return [_leaves(best.path) & compare_leaf(Operator.EQ, best.text), *rest]

    def _schemas(self, inner: Filter) -> Q:
        """Give the rows that have a schema which satisfies ``inner``; an extension is there if it has a value."""
        found = compile_columns(inner, {"schemas": Constant(fold(self.resource_type.schema.id))})
        for extension in self.resource_type.extensions:
            urn = extension.schema.id
            present = self._owners(Q(root__gte=f"{urn}:", root__lt=f"{urn};"))
            found |= present & compile_columns(inner, {"schemas": Constant(fold(urn))})
        return found


class _SiblingVisitor(ColumnVisitor):
    """Compiles the inside of a value path: other leaves of the element that the outer row stands for."""

    def __init__(self, owner: str) -> None:
        super().__init__({})
        self.owner = owner

    def visit_compare(self, node: Compare) -> Q:
        if node.operator == Operator.NE:
            return ~self.visit_compare(Compare(node.path, Operator.EQ, node.text))
        return self._sibling(_leaves(node.path) & compare_leaf(node.operator, node.text))

    def visit_present(self, node: Present) -> Q:
        return self._sibling(_leaves(node.path))

    def _sibling(self, condition: Q) -> Q:
        same: dict[str, Any] = {self.owner: OuterRef(self.owner), "position": OuterRef("position")}
        return Q(Exists(AttributeValue.objects.filter(condition, **same)))


class _UserVisitor(_ResourceVisitor):
    owner = "identity"
    relation = "groups"

    def related(self, inner: Filter | None) -> Q:
        table = membership_table()
        links = GroupLink.objects.of(self.connection)
        if inner is not None:
            links = links.filter(compile_columns(inner, _GROUP_ELEMENT))
        rows = table.rows.filter(**{f"{table.group}__in": links.values("group")})
        return Q(user__in=rows.values(table.user))


class _GroupVisitor(_ResourceVisitor):
    owner = "group_link"
    relation = "members"

    def related(self, inner: Filter | None) -> Q:
        table = membership_table()
        people = Identity.objects.of(self.connection)
        children = GroupNesting.objects.filter(child__connection=self.connection)
        if inner is not None:
            people = people.filter(compile_columns(inner, _USER_MEMBER))
            nested = GroupLink.objects.of(self.connection).filter(compile_columns(inner, _GROUP_MEMBER))
            children = children.filter(child__in=nested)
        rows = table.rows.filter(**{f"{table.user}__in": people.values("user")})
        return Q(group__in=rows.values(table.group)) | Q(pk__in=children.values("parent"))


def _leaves(path: AttributePath) -> Q:
    return Q(root=path.root, sub=path.sub.name if path.sub else "")


def user_filter(node: Filter, connection: Connection, resource_type: ResourceType) -> Q:
    """Compile a filter over identities.

    Raises:
        InvalidFilter: it names an attribute that is computed when the resource is written.
    """
    return _UserVisitor(_USER_COLUMNS, connection, resource_type).visit(node)


def group_filter(node: Filter, connection: Connection, resource_type: ResourceType) -> Q:
    """Compile a filter over group links; errors as in ``user_filter``."""
    return _GroupVisitor(_GROUP_COLUMNS, connection, resource_type).visit(node)


def member_filter(node: Filter) -> Q:
    """Compile the inside of ``members[…]`` over identities (for PATCH remove)."""
    return compile_columns(node, _USER_MEMBER)


def names_unique_key(node: Filter | None) -> bool:
    """Tell whether at most one resource can match, so that no count is needed."""
    terms = node.terms if isinstance(node, And) else (node,)
    return any(
        isinstance(term, Compare)
        and term.operator == Operator.EQ
        and term.path.key in ("id", "userName", "externalId")
        for term in terms
    )
