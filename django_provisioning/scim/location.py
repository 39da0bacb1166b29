"""Where the SCIM face is: the base of ``meta.location`` and ``$ref``."""

from __future__ import annotations

from django.urls import reverse
from rest_framework.request import Request

from ..conf import settings


def base_url(request: Request) -> str:
    """Give scheme, host and prefix without a trailing slash.

    The host is SITE_URL's, or the request's as ALLOWED_HOSTS checked it: never an unchecked header.
    """
    prefix = reverse("django_provisioning:root").rstrip("/")
    site = settings.SITE_URL
    return site.rstrip("/") + prefix if site else request.build_absolute_uri(prefix)
