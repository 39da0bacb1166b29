"""The log of SCIM requests: whether more of people is kept in it than has to be."""

from __future__ import annotations

from ..conf import NAME, settings
from .problems import Problems


def bodies_of_requests_are_not_kept() -> Problems:
    """W012: bodies of requests are kept only while somebody looks for a mistake."""
    if settings.REQUEST_LOG_BODIES and settings.REQUEST_LOG != "off":
        yield (
            f"Bodies of SCIM requests are kept for {settings.REQUEST_LOG_DAYS} days, with their values masked.",
            f"Set {NAME}['REQUEST_LOG_BODIES'] to False when the mistake is found.",
        )
