"""Request bodies and their limits."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.errors import InvalidSyntax, PayloadTooLarge, ScimError
from django_provisioning.protocol.reading import BodyLimits, read_json

LIMITS = BodyLimits()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"name": "Zoë 漢 😀"}'.encode(), {"name": "Zoë 漢 😀"}),
        (b'{"name": "\\ud83d\\ude00"}', {"name": "😀"}),
        (b'{"text": "[[[{{{ \\" ]"}', {"text": '[[[{{{ " ]'}),
        (b'"text"', "text"),
    ],
    ids=["empty", "types", "bom", "utf-8", "surrogate-pair", "brackets-in-text", "no-object"],
)
def test_read_json_valid_body_gives_its_value(body: bytes, value: Any) -> None:
    """JSON of any shape is read as it is."""
    assert read_json(body, LIMITS) == value


@pytest.mark.compliance("RFC 8259", "4", "B212 a repeated member name is answered without a server error")
def test_read_json_repeated_name_takes_the_last() -> None:
    """The last of repeated names counts."""
    assert read_json(b'{"a": 1, "a": 2}', LIMITS) == {"a": 2}


@pytest.mark.compliance("RFC 7644", "3.12", "B085 broken JSON is 400 invalidSyntax")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": }',
        b'{"a": 1} x',
        b'{"a": "unended',
        b'{"a": "back\\',
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'\xff\xfe{"a": 1}',
        b'{"a": "\xc3"}',
    ],
)
def test_read_json_broken_body_is_invalid_syntax(body: bytes) -> None:
    """What is no JSON, or no UTF-8, is 400 invalidSyntax."""
    with pytest.raises(InvalidSyntax):
        read_json(body, LIMITS)


@pytest.mark.compliance("RFC 7644", "3.12", "B209 a NUL or a lone surrogate in a value is no server error")
@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "x\\u0000y"}',
        b'{"a": "x\x00y"}',
        b'{"a": ["\\u0000"]}',
        b'{"\\u0000": 1}',
        b'["\\u0000"]',
        b'"\\u0000"',
        b'{"a": "\\ud800"}',
        b'{"a": {"b": [["\\udfff"]]}}',
        b'{"a": "\\ude00\\ud83d"}',
        b'{"\\ud800": 1}',
        b'{"a": "\xed\xa0\x80"}',
    ],
)
def test_read_json_text_no_database_holds_is_invalid_syntax(body: bytes) -> None:
    """NUL and halves of surrogate pairs are refused wherever they stand."""
    with pytest.raises(InvalidSyntax):
        read_json(body, LIMITS)


@pytest.mark.compliance("RFC 7644", "3.12", "B211 deeply nested JSON is no server error")
@pytest.mark.parametrize("unit", [b"[", b'{"a":', b'[{"a":'])
def test_read_json_deep_nesting_is_invalid_syntax(unit: bytes) -> None:
    """Nesting is counted before the parser can recurse."""
    with pytest.raises(InvalidSyntax, match="nested deeper than 64"):
        read_json(unit * 100_000, LIMITS)


def test_read_json_depth_at_the_limit_is_read() -> None:
    """64 levels are allowed, 65 are not."""
    assert read_json(b"[" * 64 + b"]" * 64, LIMITS)

    with pytest.raises(InvalidSyntax):
        read_json(b"[" * 65 + b"]" * 65, LIMITS)


@pytest.mark.parametrize("number", ["9" * 41, "-" + "9" * 40, "0." + "1" * 40, "1e" + "1" * 5000])
def test_read_json_long_number_is_invalid_syntax(number: str) -> None:
    """Digits are counted before a number is made of them."""
    with pytest.raises(InvalidSyntax, match="more than 40 digits"):
        read_json(f'{{"a": {number}}}'.encode(), LIMITS)


def test_read_json_number_at_the_limit_is_exact() -> None:
    """40 digits are read without loss, and digits in a text do not count."""
    body = f'{{"a": {"9" * 40}, "b": "{"9" * 100}"}}'.encode()

    value = read_json(body, LIMITS)

    assert value == {"a": int("9" * 40), "b": "9" * 100}


def test_read_json_long_body_is_413() -> None:
    """A body over the limit is not looked at."""
    with pytest.raises(PayloadTooLarge):
        read_json(b"[" * 1_048_577, LIMITS)


def test_read_json_long_string_is_invalid_syntax() -> None:
    """A single string is capped well below the body."""
    with pytest.raises(InvalidSyntax, match="string is longer"):
        read_json(b'{"a": "' + b"x" * 131_073 + b'"}', LIMITS)


def test_read_json_distinct_names_are_counted_per_object() -> None:
    """257 names in one object are refused; repeated names and other objects do not add up."""
    many = ",".join(f'"k{index}": 1' for index in range(257))
    repeated = ",".join('"k": 1' for _ in range(1000))
    siblings = ",".join("{" + many[: many.rindex(",")] + "}" for _ in range(2))

    assert read_json(f"{{{repeated}}}".encode(), LIMITS) == {"k": 1}
    assert len(read_json(f"[{siblings}]".encode(), LIMITS)) == 2
    with pytest.raises(InvalidSyntax, match="more than 256 members"):
        read_json(f"{{{many}}}".encode(), LIMITS)


@pytest.mark.parametrize("unit", [b'\\"', b'"', b"\\", b'"\\', b"9", b"[]", b'""'])
def test_read_json_hostile_megabyte_is_answered_quickly(unit: bytes) -> None:
    """The scan reads every byte once, whatever the input: no quadratic time."""
    body = (b'"' + unit * 1_048_576)[:1_048_576]
    started = time.perf_counter()

    with pytest.raises(InvalidSyntax):
        read_json(body, LIMITS)

    assert time.perf_counter() - started < 10


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_read_json_any_bytes_raise_scim_errors_only(body: bytes) -> None:
    """No input makes anything but a ScimError."""
    with suppress(ScimError):
        read_json(body, LIMITS)
