"""The text of a bearer token: ``djprov_<key id>_<secret><checksum>``.

Key id: 12 base-62 characters, finds the row. Secret: 43 base-62 characters, 256 random bits. Checksum: CRC-32 of all
before it in 6 base-62 characters, so that a scanner, or we, can tell a token from a look-alike without a database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEY_ID_LENGTH = 12
SECRET_LENGTH = 43
CHECKSUM_LENGTH = 6
_TOKEN = re.compile(
    rf"(?P<prefix>[A-Za-z0-9]{{1,20}})_(?P<key_id>[0-9A-Za-z]{{{KEY_ID_LENGTH}}})"
    rf"_(?P<secret>[0-9A-Za-z]{{{SECRET_LENGTH}}})(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token taken apart; ``repr`` never shows the secret."""

    key_id: str
    digest: str


def make(prefix: str) -> tuple[str, TokenText]:
    """Make a new random token and what is stored of it."""
    key_id = _random(KEY_ID_LENGTH)
    body = f"{prefix}_{key_id}_{_random(SECRET_LENGTH)}"
    raw = body + checksum(body)
    return raw, TokenText(key_id, digest(raw))


def parse(raw: str) -> TokenText | None:
    """Take a token apart; None if it is none of ours (wrong form or checksum)."""
    found = _TOKEN.fullmatch(raw)
    if found is None or checksum(raw[:-CHECKSUM_LENGTH]) != found["checksum"]:
        return None
    return TokenText(found["key_id"], digest(raw))


def digest(raw: str) -> str:
    """Give the SHA-256 of the whole token in hexadecimal."""
    return hashlib.sha256(raw.encode()).hexdigest()


def checksum(body: str) -> str:
    """Give the CRC-32 of a text in six base-62 digits.

    >>> checksum("djprov_x")
    '3db8md'
    """
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
