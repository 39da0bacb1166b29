"""Comparable texts: one string per value, in the order of the values."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_provisioning.protocol.comparison import comparable, fold, plain
from django_provisioning.protocol.schema import COMMON_ATTRIBUTES, Attribute, Type

STRING = Attribute("nickName")
EXACT = Attribute("externalId", case_exact=True)
BOOLEAN = Attribute("active", "boolean")
INSTANT = Attribute("created", "dateTime")
INTEGER = Attribute("floor", "integer")
DECIMAL = Attribute("height", "decimal")


@given(text=st.text())
def test_fold_twice_changes_nothing(text: str) -> None:
    """A folded text can be stored and folded again."""
    folded = fold(text)

    assert fold(folded) == folded


@given(text=st.text(min_size=1))
def test_fold_of_some_text_is_not_empty(text: str) -> None:
    """The empty text is left to absent values."""
    assert fold(text)


@pytest.mark.parametrize("text", ["ǰ", "ΐ", "ŉ", "ﬃ"])
def test_fold_result_is_normalized(text: str) -> None:
    """Case folding takes characters apart; the stored text is composed again."""
    assert unicodedata.is_normalized("NFKC", fold(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "aDA"),
        ("straße", "STRASSE"),
        ("ẞ", "ß"),
        ("é", "E\u0301"),
        ("ﬁ", "FI"),
        ("Ａｄａ", "ada"),
        ("Σ", "ς"),
    ],
)
def test_comparable_string_without_case_joins_spellings(one: str, other: str) -> None:
    """Case, composition and compatibility forms make no difference."""
    assert comparable(STRING, one) == comparable(STRING, other)


@pytest.mark.compliance(
    "RFC 7643", "2.3.7", "references and binaries are case-exact whatever the schema says"
)
@pytest.mark.parametrize(
    "attribute",
    [EXACT, Attribute("profileUrl", "reference"), Attribute("value", "binary")],
    ids=lambda attribute: attribute.type,
)
def test_comparable_exact_string_is_kept(attribute: Attribute) -> None:
    """A case-exact value is its own comparable text."""
    assert comparable(attribute, "Straße é") == "Straße é"


def test_comparable_schemas_ignore_case() -> None:
    """URNs in another case name the same schema."""
    schemas = COMMON_ATTRIBUTES[0]

    assert comparable(schemas, "URN:Example:A") == comparable(schemas, "urn:example:a")


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "true"), (False, "false"), ("True", "true"), ("FALSE", "false")]
)
def test_comparable_boolean_takes_its_spellings(value: object, expected: str) -> None:
    """Entra writes booleans as strings."""
    assert comparable(BOOLEAN, value) == expected


@pytest.mark.compliance("RFC 7643", "2.3.5", "dateTimes compare as instants")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T09:05:00Z", "2026-01-31T09:05:00.000000Z"),
        ("2026-01-31T09:05:00.5Z", "2026-01-31T09:05:00.500000Z"),
        ("2026-01-31T09:05:00.1234567899Z", "2026-01-31T09:05:00.123456Z"),
        ("2026-01-31T10:05:00+01:00", "2026-01-31T09:05:00.000000Z"),
        ("2026-01-30T23:35:00-09:30", "2026-01-31T09:05:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_comparable_date_time_is_utc_of_one_width(text: str, expected: str) -> None:
    """Offsets are applied; fractions are padded or cut to microseconds."""
    assert comparable(INSTANT, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-01-31",
        "2026-01-31T09:05:00",
        "2026-01-31 09:05:00Z",
        "2026-01-31T09:05Z",
        "2026-02-30T09:05:00Z",
        "2026-01-31T24:05:00Z",
        "2026-01-31T09:05:00+24:00",
        "2026-01-31T09:05:00+01:60",
        "2026-01-31T09:05:00.Z",
        "2026-01-31T09:05:00Z\n",
        "٢٠٢٦-01-31T09:05:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_comparable_text_that_is_no_date_time_is_refused(text: str) -> None:
    """A dateTime has a date, a time with seconds and a zone, in ASCII digits, within years 1 to 9999."""
    with pytest.raises(ValueError, match="created is a dateTime"):
        comparable(INSTANT, text)


_INSTANTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]),
)


@given(one=_INSTANTS, other=_INSTANTS)
def test_comparable_date_times_are_in_the_order_of_time(one: datetime, other: datetime) -> None:
    """The order of the texts is the order of the instants."""
    texts = [comparable(INSTANT, instant.isoformat().replace("+00:00", "Z")) for instant in (one, other)]

    assert (texts[0] < texts[1]) is (one < other)
    assert (texts[0] == texts[1]) is (one == other)


_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-1000, max_value=1000)


@given(one=_DECIMALS, other=_DECIMALS)
def test_comparable_numbers_are_in_their_order(one: Decimal, other: Decimal) -> None:
    """The order of the texts is the order of the numbers, to the last digit."""
    texts = [comparable(DECIMAL, number) for number in (one, other)]

    assert (texts[0] < texts[1]) is (one < other)
    assert (texts[0] == texts[1]) is (one == other)


@given(number=st.integers(-(10**40) + 1, 10**40 - 1))
@example(number=-(10**40) + 1)
@example(number=10**40 - 1)
def test_plain_integer_gives_the_number_back(number: int) -> None:
    """No digit is lost on the way there and back."""
    assert plain(INTEGER, comparable(INTEGER, number)) == number


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (0, -0.0), (0.1, Decimal("0.1")), (-5, Decimal("-5.0"))]
)
def test_comparable_equal_numbers_are_equal_texts(one: object, other: object) -> None:
    """The way a number is written does not matter."""
    assert comparable(DECIMAL, one) == comparable(DECIMAL, other)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        (STRING, 1),
        (STRING, True),
        (STRING, None),
        (STRING, ["a"]),
        (BOOLEAN, 1),
        (BOOLEAN, "yes"),
        (INSTANT, 1706691900),
        (INTEGER, True),
        (INTEGER, 1.5),
        (INTEGER, "1"),
        (INTEGER, 10**40),
        (DECIMAL, "1.5"),
        (DECIMAL, float("nan")),
        (DECIMAL, float("inf")),
        (DECIMAL, Decimal("1e-21")),
        (DECIMAL, Decimal("1e999999")),
        (Attribute("name", "complex"), {"givenName": "Ada"}),
    ],
)
def test_comparable_wrong_type_is_refused_by_name(attribute: Attribute, value: object) -> None:
    """The message names the attribute."""
    with pytest.raises(ValueError, match=f"^{attribute.name} "):
        comparable(attribute, value)


@pytest.mark.parametrize("kind", ["string", "dateTime", "boolean", "integer", "decimal"])
def test_comparable_message_never_holds_the_value(kind: str) -> None:
    """The value may be a secret, and the message goes into an answer."""
    with pytest.raises(ValueError, match="is") as caught:
        comparable(Attribute("value", cast("Type", kind)), {"s3cret"})

    assert "s3cret" not in str(caught.value)
