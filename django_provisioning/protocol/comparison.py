"""One canonical text per value, so that memory and SQL compare the same strings by code point.

Two values of one attribute are equal exactly when their comparable texts are, and ordered as the texts are
(RFC 7644 §3.4.2.2: strings lexicographically, dateTimes chronologically, numbers by value).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

from .schema import COMMON_ATTRIBUTES, Attribute

WHOLE_DIGITS = 40
FRACTION_DIGITS = 20

_SCHEMAS = COMMON_ATTRIBUTES[0]
_NINES_COMPLEMENT = str.maketrans("0123456789", "9876543210")
# xsd:dateTime with a zone; fromisoformat() alone takes more.
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-5][0-9])"
)


def fold(text: str) -> str:
    """Give the text that stands for all spellings of a value that is not caseExact.

    Idempotent. NFKC is quadratic in runs of combining marks: limit the length before.

    >>> fold("ＳＴＲＡẞE") == fold("strasse")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def is_case_exact(attribute: Attribute) -> bool:
    """Whether strings of the attribute compare with their case.

    References and binaries always do (RFC 7643 §2.3.6, §2.3.7), but for ``schemas``: URNs ignore the case
    of their leading parts (RFC 8141 §3.1), and clients write them in any.
    """
    if attribute is _SCHEMAS:
        return False
    return attribute.case_exact or attribute.type in ("reference", "binary")


def comparable(attribute: Attribute, value: object) -> str:
    """Give the comparable text of a value of this attribute, as stored or as written in a filter.

    Raises:
        ValueError: the value is not of the attribute's type; the message never holds the value.
    """
    match attribute.type:
        case "string" | "reference" | "binary":
            text = _string(attribute, value)
            return text if is_case_exact(attribute) else fold(text)
        case "boolean":
            return _boolean(attribute, value)
        case "dateTime":
            return _instant(attribute, _string(attribute, value))
        case "integer" | "decimal":
            return _number(attribute, value)
        case _:
            raise ValueError(f"{attribute.name} is complex; compare one of its sub-attributes.")


def plain(attribute: Attribute, text: str) -> str | bool | int | Decimal:
    """Give back a value whose comparable text is this one; the inverse of ``comparable()``."""
    match attribute.type:
        case "boolean":
            return text == "true"
        case "integer" | "decimal":
            return _plain_number(attribute, text)
        case _:
            return text


def _string(attribute: Attribute, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{attribute.name} is compared with a string in quotes.")
    return value


def _boolean(attribute: Attribute, value: object) -> str:
    """Entra writes ``primary eq "True"`` and sends "False" for active: the spelling of a string is folded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower()
    raise ValueError(f"{attribute.name} is a boolean: true or false.")


def _instant(attribute: Attribute, text: str) -> str:
    """Give the instant in UTC with six digits of fraction; more digits are cut off."""
    try:
        if not _DATE_TIME.fullmatch(text):
            raise ValueError
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{attribute.name} is a dateTime with a time zone, such as 2026-01-31T09:05:00Z."
        ) from None
    return f"{instant.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _number(attribute: Attribute, value: object) -> str:
    """Give 61 characters in the order of the numbers: n or p, whole digits, fraction digits.

    The digits of a negative number (n) are the nines' complement, so that the greater one comes later.
    """
    number = _decimal(attribute, value)
    # copy_abs() and copy_negate() keep every digit; abs() and - round to the context's precision.
    whole, _, fraction = f"{number.copy_abs():f}".partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    if len(whole) > WHOLE_DIGITS or len(fraction) > FRACTION_DIGITS:
        raise ValueError(f"{attribute.name} takes {WHOLE_DIGITS} digits and {FRACTION_DIGITS} of fraction.")
    if fraction and attribute.type == "integer":
        raise ValueError(f"{attribute.name} is an integer.")
    digits = whole.rjust(WHOLE_DIGITS, "0") + fraction.ljust(FRACTION_DIGITS, "0")
    return f"n{digits.translate(_NINES_COMPLEMENT)}" if number < 0 else f"p{digits}"


def _decimal(attribute: Attribute, value: object) -> Decimal:
    if isinstance(value, float):
        value = Decimal(repr(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value.adjusted()) > 1000:
        raise ValueError(f"{attribute.name} is a number.")
    return value


def _plain_number(attribute: Attribute, text: str) -> int | Decimal:
    digits = text[1:].translate(_NINES_COMPLEMENT) if text[0] == "n" else text[1:]
    number = Decimal(f"{digits[:WHOLE_DIGITS]}.{digits[WHOLE_DIGITS:]}")
    number = number.copy_negate() if text[0] == "n" else number
    return int(number) if attribute.type == "integer" else number
