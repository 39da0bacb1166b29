"""Comparisons of awkward texts: wildcards, escapes, spaces, case, long values, the end of Unicode."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from django_provisioning.protocol.core_schemas import USER
from tests.factories import make_connection
from tests.lifecycle.people import push
from tests.mapping.population import Population
from tests.mapping.test_filters_agree import found_in_memory, found_in_sql

pytestmark = pytest.mark.django_db

LAST = "\U0010ffff"
VALUES = [
    "a", "A", "a ", " a", "a  ", "b", "ab", "aXb", "a_b", "a%b", "100%", "1000", "%", "_", "a\\b", "a\\\\b", "\\",
    '"', "'", "*", "[a]", "a-b", "é", "e\u0301", "ß", "ss", "i", "İ", "ı", "\U0001f600", "\U0001f600 grin", "\ud7ff",
    "\ue000", "\uffff", LAST, "a" + LAST, "a" + LAST + "b", LAST * 2, "b" * 63, "b" * 64, "b" * 65,
    "b" * 64 + "%", "b" * 64 + LAST, "b" * 64 + "C", "b" * 64 + "c ", "b" * 63 + LAST, "b" * 200 + "end",
]  # fmt: skip
OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]


@pytest.fixture(scope="module")
def awkward(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Population]:
    """One person per value, who has it as userName (with a number), externalId, title and role."""
    with django_db_blocker.unblock(), transaction.atomic():
        population = Population(make_connection())
        for number, value in enumerate(VALUES):
            push(
                population.connection, f"{number:02}{value}", externalId=value, title=value,
                roles=[{"value": "z"}, {"value": value}],
            )  # fmt: skip
        population.read()
        yield population
        transaction.set_rollback(True)


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "texts compare as texts: no wildcard, no padding, code points")
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", ["title", "externalId", "roles"])
def test_comparison_of_awkward_text_finds_what_the_matcher_accepts(
    awkward: Population, name: str, operator: str
) -> None:
    """Every value compared with every other, and with pieces of it."""
    literals = sorted(
        {piece for value in VALUES for piece in (value, value[:1], value[-1:], value[:-1] or value)}
    )

    for literal in literals:
        text = f"{name} {operator} {json.dumps(literal)}"
        assert found_in_sql(awkward, USER, text) == found_in_memory(awkward, USER, text), text


@pytest.mark.parametrize("operator", ["eq", "sw", "ew", "co", "gt", "le"])
def test_comparison_of_user_name_finds_what_the_matcher_accepts(awkward: Population, operator: str) -> None:
    """The column of userName compares like the rows of other attributes."""
    literals = [f"{number:02}{value}" for number, value in enumerate(VALUES)] + VALUES

    for literal in literals:
        text = f"userName {operator} {json.dumps(literal)}"
        assert found_in_sql(awkward, USER, text) == found_in_memory(awkward, USER, text), text


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('title co "%"', {"a%b", "100%", "%", "b" * 64 + "%"}),
        ('title eq "a_b"', {"a_b"}),
        ('title co "\\\\"', {"a\\b", "a\\\\b", "\\"}),
        ('title ew " "', {"a ", "a  ", "b" * 64 + "c "}),
        ('title eq "a"', {"a", "A"}),
        ('externalId eq "a"', {"a"}),
        ('externalId sw "A"', {"A"}),
        (f'title sw "{"b" * 64}c"', {"b" * 64 + "C", "b" * 64 + "c "}),
        (f'title ge "{LAST}"', {LAST, LAST * 2}),
        (f'title sw "{LAST}"', {LAST, LAST * 2}),
        (f'title sw "a{LAST}"', {"a" + LAST, "a" + LAST + "b"}),
        ('title eq "\U0001f600"', {"\U0001f600"}),
        ('title sw "\ud7ff"', {"\ud7ff"}),
    ],
)
def test_comparison_finds_exactly_these(awkward: Population, text: str, titles: set[str]) -> None:
    """What a person would expect, written down."""
    found = found_in_sql(awkward, USER, text)

    by_id = {document["id"]: document["title"] for document in awkward.resources[USER]}
    assert {by_id[scim_id] for scim_id in found} == titles
