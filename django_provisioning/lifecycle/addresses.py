"""The two addresses that matter: where a client comes from, and where the SCIM service is."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.urls import NoReverseMatch, reverse

from ..conf import settings


def client_address(request: Any) -> str | None:
    """Give the client's address: behind N trusted proxies the N-th X-Forwarded-For entry from the right."""
    trusted = settings.TRUSTED_PROXIES
    address = request.META.get("REMOTE_ADDR", "")
    if trusted:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        address = hops[-trusted] if len(hops) >= trusted else address
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def scim_base_url() -> str | None:
    """Give the URL that an administrator types into the IdP, without a trailing slash.

    Only the path where SITE_URL is not set; None where the project does not serve SCIM.
    """
    try:
        prefix = reverse("django_provisioning:root").rstrip("/")
    except NoReverseMatch:
        return None
    return str(settings.SITE_URL or "").rstrip("/") + prefix
