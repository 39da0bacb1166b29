"""Where a resource is: its id as one segment of the path, whatever characters an earlier server put into it."""

from __future__ import annotations

from urllib.parse import quote

# What a path segment may hold as it is (RFC 3986 §3.3); Django's own reverse() leaves the same alone.
_SAFE = "!$&'()*+,;=:@~"


def location(base_url: str, endpoint: str, scim_id: str) -> str:
    """Give the address of a resource; ``base_url`` ends before the endpoint.

    >>> location("https://app.example.com/scim/v2", "Users", "Ada Lovelace")
    'https://app.example.com/scim/v2/Users/Ada%20Lovelace'
    """
    return f"{base_url}/{endpoint}/{quote(scim_id, safe=_SAFE)}"
