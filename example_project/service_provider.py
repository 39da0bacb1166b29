"""This site as a SAML service provider, as djangosaml2 asks for it (``SAML_CONFIG_LOADER``)."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP
from saml2.config import SPConfig

_WITHOUT_REQUEST = "http://localhost:8000"


def sp_config(request: HttpRequest | None = None) -> SPConfig:
    """Give pysaml2's configuration; without SITE_URL its endpoints are on the host that is asked.

    Metadata is read once, and again when a file changed.
    """
    site = getattr(settings, "SITE_URL", None) or _origin(request)
    files: list[str] = getattr(settings, "SAML_IDP_METADATA", [])
    versions = tuple((path, Path(path).stat().st_mtime_ns) for path in files)
    return _loaded(site, versions, unsolicited=getattr(settings, "SAML_ALLOW_UNSOLICITED", False))


def identity_providers(request: HttpRequest) -> list[str]:
    """Give the entity ids of the IdPs whose metadata the site has, in order."""
    return sorted(sp_config(request).metadata.with_descriptor("idpsso"))


def _origin(request: HttpRequest | None) -> str:
    # The host is one of ALLOWED_HOSTS, or get_host() raises.
    return f"{request.scheme}://{request.get_host()}" if request is not None else _WITHOUT_REQUEST


@lru_cache(maxsize=8)
def _loaded(site: str, versions: tuple[tuple[str, int], ...], *, unsolicited: bool) -> SPConfig:
    return SPConfig().load(
        {
            "entityid": f"{site}/saml2/metadata/",
            "xmlsec_binary": _xmlsec(),
            # Attributes arrive under the name that the IdP gives them, whatever their NameFormat.
            "allow_unknown_attributes": True,
            "metadata": {"local": [path for path, _ in versions]},
            "service": {"sp": _service(site, unsolicited=unsolicited)},
        }
    )


def _service(site: str, *, unsolicited: bool) -> dict[str, Any]:
    return {
        "endpoints": {
            "assertion_consumer_service": [(f"{site}/saml2/acs/", BINDING_HTTP_POST)],
            "single_logout_service": [
                (f"{site}/saml2/ls/", BINDING_HTTP_REDIRECT),
                (f"{site}/saml2/ls/post/", BINDING_HTTP_POST),
                (f"{site}/saml2/ls/soap/", BINDING_SOAP),
            ],
        },
        "allow_unsolicited": unsolicited,
        "authn_requests_signed": False,
        "logout_requests_signed": False,
        # IdPs sign the assertion, the response around it, or both. Either will do; neither is refused.
        "want_assertions_signed": False,
        "want_response_signed": False,
        "want_assertions_or_response_signed": True,
    }


def _xmlsec() -> str:
    found = shutil.which("xmlsec1")
    if found is None:
        raise ImproperlyConfigured("SAML needs the program xmlsec1: apt-get install xmlsec1.")
    return found
