"""Key fields compare code points, alike on SQLite, PostgreSQL and MariaDB, whatever the server's collation."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_provisioning.models import AttributeValue, GroupLink, Identity
from django_provisioning.models.fields import KeyField
from tests.factories import make_connection
from tests.lifecycle.people import local_user
from tests.models.test_constraints import group_link, identity, refused

pytestmark = pytest.mark.django_db

UNLIKE = [
    ("a", "A"), ("a", "a "), ("a", " a"), ("a", "á"), ("á", "a\u0301"), ("ß", "ss"), ("i", "ı"), ("I", "İ"),
    ("\U0001f600", "\U0001f601"), ("\uffff", "\U00010000"), ("a", "a\u200b"), ("", " "), ("1", "１"), ("ǆ", "ǅ"),
]  # fmt: skip
NUMBERS = itertools.count(1)
# No NUL (PostgreSQL has none) and no surrogates (no encoding has them).
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_unlike_texts_are_two_keys(one: str, other: str) -> None:
    """Case, trailing spaces, accents and normal forms all count."""
    connection = make_connection()
    identity(connection, local_user("u1"), 1, external_id=one)

    assert not refused(lambda: identity(connection, local_user("u2"), 2, external_id=other))
    assert [row.external_id for row in Identity.objects.filter(external_id=one)] == [one]
    assert Identity.objects.exclude(external_id=one).get().external_id == other


@pytest.mark.parametrize("text", ["a", "a ", "\U0001f600", "ß", "\U0010ffff"])
def test_like_texts_are_one_key(text: str) -> None:
    """And the same text is the same text."""
    connection = make_connection()
    identity(connection, local_user("u1"), 1, external_id=text)

    assert refused(lambda: identity(connection, local_user("u2"), 2, external_id=text))


@settings(suppress_health_check=list(HealthCheck), max_examples=15)
@given(texts=st.lists(TEXTS, min_size=2, max_size=25, unique=True), pivot=TEXTS)
def test_order_and_comparison_are_those_of_code_points(texts: list[str], pivot: str) -> None:
    """ORDER BY, <, >, = and IN give what Python gives, in the short and in the long column."""
    link = group_link(make_connection(), next(NUMBERS))
    AttributeValue.objects.bulk_create(
        [
            AttributeValue(group_link=link, root="x", position=n, prefix=text, value=text)
            for n, text in enumerate(texts)
        ]
    )
    rows = AttributeValue.objects.filter(group_link=link)

    for column in ("prefix", "value"):
        column_values = rows.order_by(column).values_list(column, flat=True)
        assert list(column_values) == sorted(texts)
        for lookup, holds in (("gt", str.__gt__), ("lte", str.__le__), ("exact", str.__eq__)):
            found = column_values.filter(**{f"{column}__{lookup}": pivot})
            assert list(found) == sorted(text for text in texts if holds(text, pivot))
        assert set(column_values.filter(**{f"{column}__in": [pivot, texts[0]]})) == {texts[0]} | (
            {pivot} & set(texts)
        )


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Identity, ["scim_id", "external_id", "user_name", "user_name_key", "subject"]),
        (GroupLink, ["scim_id", "external_id", "display_name", "display_name_key"]),
        (AttributeValue, ["root", "sub", "prefix"]),
    ],
    ids=["identity", "group link", "attribute value"],
)
def test_every_column_that_is_a_key_is_a_key_field(model: type, names: list[str]) -> None:
    """A look-up that a collation folds would hand one person's account to another."""
    assert all(isinstance(model._meta.get_field(name), KeyField) for name in names)  # type: ignore[attr-defined]


def test_key_of_the_longest_length_is_stored_whole() -> None:
    """255 characters of four bytes each fit the column and its indexes."""
    text = "\U0001f600" * 255
    row = identity(
        make_connection(), local_user("u1"), 1, external_id=text, user_name=text, user_name_key=text
    )

    assert Identity.objects.get(external_id=text, user_name=text) == row
