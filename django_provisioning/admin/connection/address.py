"""The URL that is pasted into an identity provider, the same on every page that shows it."""

from __future__ import annotations

from django.http import HttpRequest

from ...lifecycle import addresses
from .setup_guides import guide_of


def scim_base_url(request: HttpRequest, idp: str = "") -> str | None:
    """Give the URL in full as the product wants it, None where the project does not serve SCIM."""
    base = addresses.scim_base_url()
    return base and request.build_absolute_uri(base) + guide_of(idp).url_suffix
