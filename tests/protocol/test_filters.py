"""Filters: the grammar, what it refuses, and the tree that comes out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_provisioning.protocol.core_schemas import ENTERPRISE_URN, USER, USER_URN
from django_provisioning.protocol.errors import InvalidFilter
from django_provisioning.protocol.filters import (
    And,
    Compare,
    Filter,
    FilterLimits,
    Not,
    Operator,
    Or,
    Present,
    ValuePath,
    parse,
    parse_value_filter,
    to_text,
)
from django_provisioning.protocol.path import resolve
from django_provisioning.protocol.schema import Attribute, ResourceType, Schema

ROOM = ResourceType(
    "Room",
    "/Rooms",
    "A room",
    Schema(
        "urn:example:Room",
        "Room",
        "A room",
        (
            Attribute("floor", "integer"),
            Attribute("height", "decimal"),
            Attribute("tags", multi_valued=True),
            Attribute("secret", returned="never", multi_valued=True),
            Attribute("door", "complex", sub_attributes=(Attribute("code", returned="never"),)),
        ),
    ),
)


def _eq(name: str, text: str) -> Compare:
    return Compare(resolve(name, USER), Operator.EQ, text)


A, B, C = _eq("userName", "a"), _eq("title", "b"), _eq("nickName", "c")
TERMS = {"a": 'userName eq "a"', "b": 'title eq "b"', "c": 'nickName eq "c"'}


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "precedence: not, and, or")
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("{a} or {b} and {c}", Or((A, And((B, C))))),
        ("{a} and {b} or {c}", Or((And((A, B)), C))),
        ("({a} or {b}) and {c}", And((Or((A, B)), C))),
        ("{a} and {b} and {c}", And((A, B, C))),
        ("{a} or {b} or {c}", Or((A, B, C))),
        ("not ({a}) and {b}", And((Not(A), B))),
        ("not ({a} and {b})", Not(And((A, B)))),
        ("not (not ({a}))", Not(Not(A))),
        ("{a} AND NOT({b} Or {c})", And((A, Not(Or((B, C)))))),
        ("((({a})))", A),
        ("{a} and ({b} and {c})", And((A, And((B, C))))),
    ],
)
def test_parse_connectives_bind_by_precedence(shape: str, expected: Filter) -> None:
    """Not binds tighter than and, and tighter than or; brackets override; keywords in any case."""
    assert parse(shape.format(**TERMS), USER) == expected


@pytest.mark.compliance("RFC 7644", "3.10", "names with and without URN, in any case")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('userName eq "a"', "userName"),
        ('USERNAME EQ "a"', "userName"),
        (f'{USER_URN}:userName eq "a"', "userName"),
        (f'{ENTERPRISE_URN}:department eq "a"', f"{ENTERPRISE_URN}:department"),
        (f'{ENTERPRISE_URN.upper()}:Manager.Value eq "a"', f"{ENTERPRISE_URN}:manager.value"),
        (f'{ENTERPRISE_URN}:manager eq "a"', f"{ENTERPRISE_URN}:manager.value"),
        ('manager eq "a"', f"{ENTERPRISE_URN}:manager.value"),
        ('emails eq "a"', "emails.value"),
        ('groups.$ref eq "a"', "groups.$ref"),
        ('meta.version eq "a"', "meta.version"),
    ],
)
def test_parse_name_is_resolved(text: str, key: str) -> None:
    """A complex attribute stands for its value; an extension's name may lack the URN."""
    node = parse(text, USER)

    assert isinstance(node, Compare)
    assert node.path.key == key


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "literals are JSON")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'externalId eq "a\"b\\c"', 'a"b\\c'),
        (r'externalId eq "\u00e9\ud83d\ude00\n"', "é😀\n"),
        ('externalId eq "a) and [b] or \' not"', "a) and [b] or ' not"),
        ('externalId eq ""', ""),
        ('externalId eq "%_.*"', "%_.*"),
        ("active eq true", "true"),
        ("active eq True", "true"),
        ('active eq "FALSE"', "false"),
        ('meta.created eq "2026-01-31T09:05:00+01:00"', "2026-01-31T08:05:00.000000Z"),
    ],
)
def test_parse_literal_becomes_comparable_text(text: str, expected: str) -> None:
    """Escapes follow JSON; brackets and keywords in a string are text."""
    node = parse(text, USER)

    assert isinstance(node, Compare)
    assert node.text == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [("floor eq -3", "-3"), ("floor gt 10", "10"), ("height le 2.50", "2.5"), ("height lt -1.5e2", "-150")],
)
def test_parse_number_round_trips(text: str, value: str) -> None:
    """Numbers can be negative, have fractions and exponents."""
    node = parse(text, ROOM)

    printed = to_text(node).split()[-1]

    assert Decimal(printed) == Decimal(value)
    assert parse(to_text(node), ROOM) == node


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title eq null", Not(Present(resolve("title", USER)))),
        ("title ne Null", Present(resolve("title", USER))),
        ("emails eq null", Not(Present(resolve("emails", USER)))),
        ("title pr", Present(resolve("title", USER))),
        ("name PR", Present(resolve("name", USER))),
    ],
)
def test_parse_null_is_about_presence(text: str, expected: Filter) -> None:
    """A value that is null is unassigned (RFC 7643 §2.5)."""
    assert parse(text, USER) == expected


@pytest.mark.compliance("RFC 7644", "3.4.2.2", "value paths")
def test_parse_value_path_holds_whole_paths() -> None:
    """The inner paths start with the attribute; value names a simple element."""
    complex_path = parse('emails[TYPE eq "work" or not(primary pr)]', USER)
    simple_path = parse('tags[value co "a"] and floor pr', ROOM)

    tags = resolve("tags", ROOM)
    assert complex_path == ValuePath(
        resolve("emails", USER),
        Or(
            (
                Compare(resolve("emails.type", USER), Operator.EQ, "work"),
                Not(Present(resolve("emails.primary", USER))),
            )
        ),
    )
    assert simple_path == And(
        (ValuePath(tags, Compare(tags, Operator.CO, "a")), Present(resolve("floor", ROOM)))
    )


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ('emails[type eq "work"].value eq "a"', 'emails[type eq "work" and value eq "a"]'),
        (
            'emails[type eq "work" and primary eq true].display pr or active pr',
            'emails[type eq "work" and primary eq true and display pr] or active pr',
        ),
        (
            'emails[type eq "work" or primary eq true].value eq "a"',
            'emails[(type eq "work" or primary eq true) and value eq "a"]',
        ),
        ('manager eq "m" and id eq "u"', f'{ENTERPRISE_URN}:manager.value eq "m" and id eq "u"'),
    ],
)
def test_parse_entra_forms_mean_what_the_grammar_has(text: str, same_as: str) -> None:
    """A sub-attribute behind a value path is one more condition on the element."""
    assert parse(text, USER) == parse(same_as, USER)


@pytest.mark.parametrize(
    "text",
    [
        '  userName\teq\r\n"a"  ',
        'userName eq"a"',
        '(userName eq "a")',
    ],
)
def test_parse_spaces_are_flexible(text: str) -> None:
    """Any space around words, none needed at quotes and brackets."""
    assert parse(text, USER) == A


@pytest.mark.compliance("RFC 7644", "3.12", "invalidFilter: bad syntax")
@pytest.mark.parametrize(
    "text",
    [
        "", " ", "userName", "userName eq", 'userName "a"', 'eq "a"', 'userName eq "a" and', "and", "or",
        'userName eq "a" or or title pr', 'userName eq "a" title pr', '(userName eq "a"', 'userName eq "a")',
        '"(" active pr)', 'userName eq "a" "or" title pr', '"not" (active pr)', 'userName "pr"', 'userName "eq" "a"',
        '(active pr ")"', 'schemas[value[value eq "a"]]',
        "()", "not", "not userName pr", 'not userName eq "a"', "not ()", 'userName eq "a', "userName eq 'a'",
        "userName eq a", 'userName is "a"', 'userName eq "a" xor title pr', 'userName pr "a"',
        'userName not eq "a"',
        'emails[type eq "a"', 'emails[type eq "a")', "(emails pr]", "emails[]", 'emails type eq "a"]',
        "emails[",
        'emails[type eq "a"].', 'emails[type eq "a"].value', 'emails[type eq "a"] .nosuch pr',
        'emails.value[type eq "a"]', 'emails[emails[type eq "a"]]', 'emails[type[value eq "a"]]',
        'emails[(type eq "a"]) and active pr', 'emails[type eq "a"][type eq "b"]', '[type eq "a"]',
        r'userName eq "\x41"', r'userName eq "\u00g0"', 'userName eq "a\tb"', r'userName eq "\ud800"',
        r'userName eq "a\u0000b"', 'userName eq "a\0b"', 'userName eq "\ud800"', "user\0Name pr",
        "userName. pr",
        "floor eq 1", "active eq 01", 'userName eq {"a": 1}', 'userName eq ["a"]', "userName\u00a0pr",
    ],
)  # fmt: skip
def test_parse_bad_syntax_is_refused(text: str) -> None:
    """No text that is no filter is guessed at."""
    with pytest.raises(InvalidFilter):
        parse(text, USER)


@pytest.mark.compliance("RFC 7644", "3.12", "invalidFilter: attribute and comparison do not fit")
@pytest.mark.parametrize(
    "text",
    [
        'nosuch eq "a"', "emails.nosuch pr", "urn:example:none:userName pr", 'members eq "a"',
        "emails[nosuch pr]",
        'schemas[type eq "a"]', 'userName[value eq "a"]', 'name eq "a"', 'addresses eq "a"', 'meta eq "a"',
        "active gt true", 'active co "t"', 'active eq "yes"', "active eq 1", 'x509Certificates gt "YQ=="',
        "userName eq 1", "userName eq true", 'meta.created co "2026"', 'meta.created gt "2026-01-31"',
        "meta.created eq 1769850300", "userName gt null", "userName co null",
    ],
)  # fmt: skip
def test_parse_unfit_comparison_is_refused(text: str) -> None:
    """Unknown attributes, and operators and literals that a type does not have."""
    with pytest.raises(InvalidFilter):
        parse(text, USER)


@pytest.mark.parametrize(
    "text",
    ['floor eq "1"', "floor eq 1.5", "floor co 1", "height eq 1e99", "height eq 1e9999", "floor eq 1e99999"],
)
def test_parse_unfit_number_is_refused(text: str) -> None:
    """Numbers have limits, and integers no fraction."""
    with pytest.raises(InvalidFilter):
        parse(text, ROOM)


@pytest.mark.compliance("RFC 7643", "7", "returned=never is no oracle")
@pytest.mark.parametrize(
    ("text", "resource_type"),
    [
        ('password eq "a"', USER),
        ("password pr", USER),
        ("PASSWORD ne null", USER),
        ('active pr or password sw "a"', USER),
        (f'{USER_URN}:password co "a"', USER),
        ('door.code eq "1"', ROOM),
        ("door[code pr]", ROOM),
        ('secret[value eq "a"]', ROOM),
    ],
)
def test_parse_secret_attribute_is_refused(text: str, resource_type: ResourceType) -> None:
    """Nobody learns a secret by asking whether it starts with a."""
    with pytest.raises(InvalidFilter, match="cannot be used in a filter"):
        parse(text, resource_type)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 33 + "active pr" + ")" * 33,
        "not(" * 33 + "active pr" + ")" * 33,
        "(" * 100_000,
        "emails[" * 5_000,
    ],
    ids=["brackets", "negations", "open", "value paths"],
)
def test_parse_deep_nesting_is_refused(text: str) -> None:
    """Depth is counted while reading, so that no text can exhaust the stack."""
    with pytest.raises(InvalidFilter):
        parse(text, USER, FilterLimits(max_length=10**9))


def test_parse_at_the_limits_is_taken() -> None:
    """The limits are the last values that are allowed."""
    deep = "(" * 32 + "active pr" + ")" * 32
    wide = " or ".join(["active pr"] * 64)

    assert parse(deep, USER) == Present(resolve("active", USER))
    assert isinstance(parse(wide, USER), Or)
    assert parse("active pr", USER, FilterLimits(max_length=9)) == Present(resolve("active", USER))


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        (" or ".join(["active pr"] * 65), FilterLimits()),
        ("active pr ", FilterLimits(max_length=9)),
        ('userName eq "' + "a" * 16_384 + '"', FilterLimits()),
        ("emails[type pr and value pr]", FilterLimits(max_terms=1)),
    ],
    ids=["terms", "length", "default length", "inner terms"],
)
def test_parse_beyond_the_limits_is_refused(text: str, limits: FilterLimits) -> None:
    """Length before reading, terms while reading."""
    with pytest.raises(InvalidFilter):
        parse(text, USER, limits)


@pytest.mark.parametrize(
    ("text", "position"), [("userName eq a", "13"), ('title pr and "a"', "14"), ('userName eq   "a', "15")]
)
def test_parse_error_says_where(text: str, position: str) -> None:
    """The message counts characters from 1."""
    with pytest.raises(InvalidFilter, match=f"character {position}"):
        parse(text, USER)


PIECES = [
    "(",
    ")",
    "[",
    "]",
    "not",
    "and",
    "or",
    "userName",
    "emails",
    ".value",
    "eq",
    "pr",
    '"a"',
    "null",
    "1",
]


@given(text=st.text(max_size=60) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_parse_any_text_is_a_filter_or_refused(text: str) -> None:
    """No text raises anything but InvalidFilter."""
    try:
        node = parse(text, USER)
    except InvalidFilter:
        return

    assert parse(to_text(node), USER) == node


@pytest.mark.parametrize("text", ['type eq "work"', 'TYPE Eq "Work"', '(type eq "work")'])
def test_parse_value_filter_is_about_the_sub_attributes(text: str) -> None:
    """What stands between the brackets of a PATCH path."""
    emails = resolve("emails", USER)

    node = parse_value_filter(text, emails.attribute)

    assert node == Compare(resolve("emails.type", USER), Operator.EQ, "work")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('type eq "work"]', "emails"),
        ("emails[type pr]", "emails"),
        ("emails.type pr", "emails"),
        ("nosuch pr", "emails"),
        ("", "emails"),
        ('type[value eq "a"]', "emails"),
        ('value eq "a"', "userName"),
        ("value pr", "password"),
    ],
)
def test_parse_value_filter_bad_text_is_refused(text: str, name: str) -> None:
    """The same rules as for a whole filter, and an attribute with a single value has no elements."""
    with pytest.raises(InvalidFilter):
        parse_value_filter(text, resolve(name, USER).attribute)
