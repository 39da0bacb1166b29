"""The parsed form of a filter: printing it and walking it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import GROUP, USER
from django_provisioning.protocol.filters import (
    And,
    Compare,
    FilterVisitor,
    Not,
    Or,
    Present,
    ValuePath,
    parse,
    parse_value_filter,
    to_text,
)
from django_provisioning.protocol.path import resolve
from django_provisioning.protocol.schema import ResourceType
from tests.protocol.strategies import filters, value_filter_texts


@pytest.mark.parametrize("resource_type", [USER, GROUP], ids=lambda kind: kind.name)
@given(data=st.data())
def test_to_text_parses_to_the_same_filter(resource_type: ResourceType, data: st.DataObject) -> None:
    """A printed filter is the filter."""
    node = data.draw(filters(resource_type))

    assert parse(to_text(node), resource_type) == node


@pytest.mark.parametrize(
    "text",
    [
        "active pr and (title pr and userName pr)",
        "active pr or (title pr or userName pr)",
        "(active pr or title pr) and userName pr",
        "active pr or title pr and userName pr",
        "not (active pr or title pr)",
        'emails[(type pr or primary eq true) and value co "a"]',
    ],
)
def test_to_text_writes_the_brackets_that_are_needed_and_no_more(text: str) -> None:
    """Brackets stand where the precedence would read the tree otherwise."""
    assert to_text(parse(text, USER)) == text


@given(text=value_filter_texts("emails"))
def test_to_text_of_a_value_filter_parses_to_the_same(text: str) -> None:
    """The inner part of a value path prints without the attribute's name."""
    emails = resolve("emails", USER).attribute
    node = parse_value_filter(text, emails)

    assert parse_value_filter(to_text(node, emails), emails) == node


def test_visitor_dispatches_on_the_kind_of_node() -> None:
    """A back end writes one method for each kind of node."""

    class Names(FilterVisitor[list[str]]):
        def visit_compare(self, node: Compare) -> list[str]:
            return [f"{node.path.key} {node.operator}"]

        def visit_present(self, node: Present) -> list[str]:
            return [f"{node.path.key} pr"]

        def visit_and(self, node: And) -> list[str]:
            return ["and", *(name for term in node.terms for name in self.visit(term))]

        def visit_or(self, node: Or) -> list[str]:
            return ["or", *(name for term in node.terms for name in self.visit(term))]

        def visit_not(self, node: Not) -> list[str]:
            return ["not", *self.visit(node.term)]

        def visit_value_path(self, node: ValuePath) -> list[str]:
            return [f"{node.path.key}[]", *self.visit(node.inner)]

    node = parse('active pr and not (emails[type eq "a"] or title gt "b")', USER)

    assert Names().visit(node) == ["and", "active pr", "not", "or", "emails[]", "emails.type eq", "title gt"]
