"""Entity tags: made from a revision counter, compared as RFC 7644 §3.14 and RFC 9110 §13.1 ask.

>>> etag(7)
'W/"7"'
>>> matches_any('"6", W/"7"', etag(7))
True
"""

from __future__ import annotations

import re
from hashlib import sha256

# RFC 9110 §8.8.3: entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE. A client that writes "w/" is understood.
_ENTITY_TAG = re.compile(r'(?:[Ww]/)?("[\x21\x23-\x7e\x80-\xff]*")')
_SEPARATOR = re.compile(r"[ \t,]*")
_DIGEST_LENGTH = 16


def etag(revision: int, content: bytes = b"") -> str:
    """Give the weak tag of a resource at a revision.

    ``content`` adds a digest of what the revision does not count, for example a group's rendered name.
    """
    digest = f".{sha256(content).hexdigest()[:_DIGEST_LENGTH]}" if content else ""
    return f'W/"{revision}{digest}"'


def matches_any(header: str, tag: str) -> bool:
    """Tell whether an ``If-Match`` or ``If-None-Match`` value names the tag.

    Weak comparison for both: SCIM's tags are weak, and strong comparison would never match. ``*`` names any
    tag. A header that is no list of tags names none, so a precondition built from junk is not met.
    """
    return header.strip(" \t") == "*" or _opaque(tag) in _opaque_tags(header)


def _opaque(tag: str) -> str:
    """Drop the weakness mark: weak comparison looks at the opaque part only (RFC 9110 §8.8.3.2)."""
    return tag[2:] if tag.startswith(("W/", "w/")) else tag


def _opaque_tags(header: str) -> set[str]:
    """Read a list of tags, or nothing when any element is no tag. One pass: no input backtracks."""
    tags: set[str] = set()
    position = _end_of_separator(header, 0)
    while position < len(header):
        found = _ENTITY_TAG.match(header, position)
        if found is None:
            return set()
        tags.add(found[1])
        position = _end_of_separator(header, found.end())
        if position < len(header) and "," not in header[found.end() : position]:
            return set()
    return tags


def _end_of_separator(header: str, position: int) -> int:
    found = _SEPARATOR.match(header, position)
    return found.end() if found else position
